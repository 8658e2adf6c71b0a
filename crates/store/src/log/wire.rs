//! Numbers and texts as they stand in records: little-endian; a text is a `u32` length and UTF-8; an option is a byte 0, or
//! a byte 1 and a text.

pub(super) fn put_length(out: &mut Vec<u8>, length: usize) {
    let length = u32::try_from(length).expect("what is stored is limited far below 4 GiB");
    out.extend(length.to_le_bytes());
}

pub(super) fn put_text(out: &mut Vec<u8>, text: &str) {
    put_length(out, text.len());
    out.extend_from_slice(text.as_bytes());
}

pub(super) fn put_option(out: &mut Vec<u8>, text: Option<&str>) {
    out.push(u8::from(text.is_some()));
    if let Some(text) = text {
        put_text(out, text);
    }
}

/// Reads what was put, from the front. The errors say what is wrong with the record.
pub(super) struct Reader<'a>(pub(super) &'a [u8]);

impl<'a> Reader<'a> {
    pub(super) fn take(&mut self, count: usize) -> Result<&'a [u8], &'static str> {
        let (taken, rest) = self.0.split_at_checked(count).ok_or("it ends too early")?;
        self.0 = rest;
        Ok(taken)
    }

    pub(super) fn array<const N: usize>(&mut self) -> Result<[u8; N], &'static str> {
        let (taken, rest) = self.0.split_first_chunk().ok_or("it ends too early")?;
        self.0 = rest;
        Ok(*taken)
    }

    pub(super) fn byte(&mut self) -> Result<u8, &'static str> {
        self.array().map(|[byte]| byte)
    }

    pub(super) fn u16(&mut self) -> Result<u16, &'static str> {
        self.array().map(u16::from_le_bytes)
    }

    pub(super) fn u32(&mut self) -> Result<u32, &'static str> {
        self.array().map(u32::from_le_bytes)
    }

    pub(super) fn u64(&mut self) -> Result<u64, &'static str> {
        self.array().map(u64::from_le_bytes)
    }

    pub(super) fn i64(&mut self) -> Result<i64, &'static str> {
        self.array().map(i64::from_le_bytes)
    }

    pub(super) fn text(&mut self) -> Result<&'a str, &'static str> {
        let length = self.u32()?;
        std::str::from_utf8(self.take(length as usize)?).map_err(|_| "a text in it is not UTF-8")
    }

    pub(super) fn option(&mut self) -> Result<Option<String>, &'static str> {
        match self.byte()? {
            0 => Ok(None),
            1 => Ok(Some(self.text()?.to_owned())),
            _ => Err("an option in it is neither there nor absent"),
        }
    }
}
