//! AES in the three modes that Spark offers: ECB, CBC (both with PKCS padding) and GCM.

use ::aes::{Aes128, Aes192, Aes256};
use aes_gcm::AesGcm;
use aes_gcm::aead::consts::{U12, U16};
use aes_gcm::aead::{Aead, Payload};
use cbc::cipher::block_padding::Pkcs7;
use cbc::cipher::{
    BlockCipher, BlockDecrypt, BlockDecryptMut, BlockEncrypt, BlockEncryptMut, BlockSizeUser, KeyInit, KeyIvInit,
};

/// How blocks are chained.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mode {
    Ecb,
    Cbc,
    Gcm,
}

/// A block cipher of 128 bits in both directions.
trait Cipher: BlockCipher + BlockSizeUser<BlockSize = U16> + BlockEncrypt + BlockDecrypt + KeyInit + Clone {}

impl Cipher for Aes128 {}
impl Cipher for Aes192 {}
impl Cipher for Aes256 {}

/// The secret, without the start value; in GCM with its tag at the end. Nothing for a key or start value of a length that is not the mode's.
pub(super) fn encrypt(key: &[u8], mode: Mode, start: &[u8], beside: &[u8], plain: &[u8]) -> Option<Vec<u8>> {
    match key.len() {
        16 => encrypt_by::<Aes128>(key, mode, start, beside, plain),
        24 => encrypt_by::<Aes192>(key, mode, start, beside, plain),
        _ => encrypt_by::<Aes256>(key, mode, start, beside, plain),
    }
}

/// The plain bytes; nothing when the secret is damaged or of another key.
pub(super) fn decrypt(key: &[u8], mode: Mode, start: &[u8], beside: &[u8], secret: &[u8]) -> Option<Vec<u8>> {
    match key.len() {
        16 => decrypt_by::<Aes128>(key, mode, start, beside, secret),
        24 => decrypt_by::<Aes192>(key, mode, start, beside, secret),
        _ => decrypt_by::<Aes256>(key, mode, start, beside, secret),
    }
}

fn encrypt_by<A: Cipher>(key: &[u8], mode: Mode, start: &[u8], beside: &[u8], plain: &[u8]) -> Option<Vec<u8>> {
    match mode {
        Mode::Ecb => Some(ecb::Encryptor::<A>::new_from_slice(key).ok()?.encrypt_padded_vec_mut::<Pkcs7>(plain)),
        Mode::Cbc => {
            Some(cbc::Encryptor::<A>::new_from_slices(key, start).ok()?.encrypt_padded_vec_mut::<Pkcs7>(plain))
        }
        Mode::Gcm => {
            let start: [u8; 12] = start.try_into().ok()?;
            let payload = Payload { msg: plain, aad: beside };
            AesGcm::<A, U12>::new_from_slice(key).ok()?.encrypt(&start.into(), payload).ok()
        }
    }
}

fn decrypt_by<A: Cipher>(key: &[u8], mode: Mode, start: &[u8], beside: &[u8], secret: &[u8]) -> Option<Vec<u8>> {
    match mode {
        Mode::Ecb => ecb::Decryptor::<A>::new_from_slice(key).ok()?.decrypt_padded_vec_mut::<Pkcs7>(secret).ok(),
        Mode::Cbc => {
            cbc::Decryptor::<A>::new_from_slices(key, start).ok()?.decrypt_padded_vec_mut::<Pkcs7>(secret).ok()
        }
        Mode::Gcm => {
            let start: [u8; 12] = start.try_into().ok()?;
            let payload = Payload { msg: secret, aad: beside };
            AesGcm::<A, U12>::new_from_slice(key).ok()?.decrypt(&start.into(), payload).ok()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_block_of_the_standard_comes_out() {
        let key: Vec<u8> = (0..16).collect();
        let plain: [u8; 16] = std::array::from_fn(|at| (at * 0x11) as u8);
        let secret = encrypt(&key, Mode::Ecb, &[], &[], &plain).unwrap();
        assert_eq!(secret[..4], [0x69, 0xc4, 0xe0, 0xd8]);
        assert_eq!(decrypt(&key, Mode::Ecb, &[], &[], &secret).unwrap(), plain);
    }

    #[test]
    fn every_mode_goes_there_and_back() {
        for (mode, start) in [(Mode::Ecb, 0), (Mode::Cbc, 16), (Mode::Gcm, 12)] {
            let (key, start) = ([7; 32], &[1; 16][..start]);
            let secret = encrypt(&key, mode, start, b"beside", b"seventeen letters").unwrap();
            let plain = decrypt(&key, mode, start, b"beside", &secret);
            assert_eq!(plain.as_deref(), Some(&b"seventeen letters"[..]));
        }
        assert!(encrypt(&[7; 5], Mode::Ecb, &[], &[], b"").is_none());
    }
}
