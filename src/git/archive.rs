//! The zip format, as far as a package needs it: members in, bytes out, no IO.  Stored, never
//! compressed; times are fixed; sums follow the content, so that nothing is read twice.
//! Our own, since the size must be known before any content, to the byte; speed is no reason (the crate
//! `zip` took 6 to 14 ms for 10,000 members, sums included).
//! Layout and constants: PKWARE APPNOTE.TXT, sections 4.3 and 4.4.

use super::members::Member;

const LOCAL_HEADER: u64 = 30;
const DESCRIPTOR: u64 = 16;
const CENTRAL_HEADER: u64 = 46;
/// Bytes of a member beside its content and twice its name.
pub(super) const OVERHEAD: u64 = LOCAL_HEADER + DESCRIPTOR + CENTRAL_HEADER;
const END: u64 = 22;
const END_64: u64 = 56 + 20;

/// Sizes and sums come after the content (bit 3), names are UTF-8 (bit 11).
const FLAGS: u16 = 1 << 3 | 1 << 11;
/// 1 January 1980, 0:00, the earliest that the format knows: time, then date.
const EPOCH: [u16; 2] = [0, 1 << 5 | 1];
const VERSION: u16 = 20;
const VERSION_64: u16 = 45;
const UNIX: u16 = 3 << 8;
/// More members than this need the wider end record.
const MANY: u64 = 0xffff;

/// Bytes of the whole archive, known before any content is.
pub(super) fn size(members: &[Member]) -> u64 {
    let each = |member: &Member| OVERHEAD + 2 * member.name.len() as u64 + member.size;
    members.iter().map(each).sum::<u64>() + end_size(members.len() as u64)
}

fn end_size(count: u64) -> u64 {
    if count >= MANY { END + END_64 } else { END }
}

/// What stands before a member's content.
pub(super) fn local_header(out: &mut Vec<u8>, member: &Member) {
    out.extend(b"PK\x03\x04");
    put16(out, &[VERSION, FLAGS, 0]);
    put16(out, &EPOCH);
    put32(out, &[0, 0, 0]);
    put16(out, &[low16(member.name.len() as u64), 0]);
    out.extend(member.name.as_bytes());
}

/// What stands behind a member's content.
pub(super) fn descriptor(out: &mut Vec<u8>, member: &Member, crc: u32) {
    out.extend(b"PK\x07\x08");
    put32(out, &[crc, low32(member.size), low32(member.size)]);
}

/// The directory at the archive's end; `crcs` in the order of `members`.
pub(super) fn directory(members: &[Member], crcs: &[u32]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut offset = 0;
    for (member, &crc) in members.iter().zip(crcs) {
        central_header(&mut out, member, crc, offset);
        offset += LOCAL_HEADER + member.name.len() as u64 + member.size + DESCRIPTOR;
    }
    let (count, length) = (members.len() as u64, out.len() as u64);
    if count >= MANY {
        end_64(&mut out, count, length, offset);
    }
    let shown = low16(count.min(MANY));
    out.extend(b"PK\x05\x06");
    put16(&mut out, &[0, 0, shown, shown]);
    put32(&mut out, &[low32(length), low32(offset)]);
    put16(&mut out, &[0]);
    out
}

fn central_header(out: &mut Vec<u8>, member: &Member, crc: u32, offset: u64) {
    out.extend(b"PK\x01\x02");
    put16(out, &[UNIX | VERSION, VERSION, FLAGS, 0]);
    put16(out, &EPOCH);
    put32(out, &[crc, low32(member.size), low32(member.size)]);
    put16(out, &[low16(member.name.len() as u64), 0, 0, 0, 0]);
    put32(out, &[member.mode() << 16, low32(offset)]);
    out.extend(member.name.as_bytes());
}

/// The wider end record and the pointer to it.
fn end_64(out: &mut Vec<u8>, count: u64, length: u64, offset: u64) {
    out.extend(b"PK\x06\x06");
    put64(out, &[44]);
    put16(out, &[UNIX | VERSION_64, VERSION_64]);
    put32(out, &[0, 0]);
    put64(out, &[count, count, length, offset]);
    out.extend(b"PK\x06\x07");
    put32(out, &[0]);
    put64(out, &[offset + length]);
    put32(out, &[1]);
}

fn put16(out: &mut Vec<u8>, values: &[u16]) {
    out.extend(values.iter().flat_map(|value| value.to_le_bytes()));
}

fn put32(out: &mut Vec<u8>, values: &[u32]) {
    out.extend(values.iter().flat_map(|value| value.to_le_bytes()));
}

fn put64(out: &mut Vec<u8>, values: &[u64]) {
    out.extend(values.iter().flat_map(|value| value.to_le_bytes()));
}

/// A package is below 100 MiB and a name below 4,096 bytes, so neither of these saturates.
fn low32(value: u64) -> u32 {
    u32::try_from(value).unwrap_or(u32::MAX)
}

fn low16(value: u64) -> u16 {
    u16::try_from(value).unwrap_or(u16::MAX)
}

#[cfg(test)]
mod tests {
    use super::{super::members::Member, descriptor, directory, local_header, size};

    fn archive(members: &[Member]) -> Vec<u8> {
        let mut out = Vec::new();
        for member in members {
            local_header(&mut out, member);
            descriptor(&mut out, member, 0);
        }
        out.extend(directory(members, &vec![0; members.len()]));
        out
    }

    fn empty_files(count: usize) -> Vec<Member> {
        (0..count)
            .map(|index| Member::file(format!("{index:06}"), String::new(), 0, false))
            .collect()
    }

    #[test]
    fn the_size_is_known_beforehand() {
        for count in [0, 1, 1000, 65_534, 65_535, 70_000] {
            let members = empty_files(count);
            assert_eq!(archive(&members).len() as u64, size(&members), "{count} members");
        }
    }
}
