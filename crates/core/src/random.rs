//! Randomness as a parameter.

/// Where random bytes come from: the operating system in the product, a seeded generator in tests.
pub trait Random: Send + Sync {
    /// Fills `bytes` with random bytes fit for secrets.
    fn fill(&self, bytes: &mut [u8]);

    /// A random number below 2⁶⁴.
    fn number(&self) -> u64 {
        let mut bytes = [0; 8];
        self.fill(&mut bytes);
        u64::from_le_bytes(bytes)
    }

    /// A random fraction in `0.0 ..= 1.0`.
    fn fraction(&self) -> f64 {
        // 53 bits: as many as a double holds exactly.
        (self.number() >> 11) as f64 / ((1u64 << 53) - 1) as f64
    }
}
