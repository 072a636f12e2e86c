using System.Buffers.Binary;

namespace MicroVm.Vmm.Devices.Virtio.Balloon;

/// <summary>The last statistics of the guest (virtio 1.2 section 5.5.6.4): what the guest says, in its units, unchecked.</summary>
internal sealed class BalloonStatistics
{
    /// <summary>Bytes of <c>struct virtio_balloon_stat</c>: a 16-bit tag and a 64-bit value, packed.</summary>
    internal const int EntryBytes = 10;

    /// <summary>Tags known here, from 0.</summary>
    internal const int TagCount = 16;

    /// <summary>Longest list taken; a driver sends each tag once.</summary>
    internal const int MaxBytes = 4 * TagCount * EntryBytes;

    private readonly ulong[] _values = new ulong[TagCount];
    private uint _present;

    /// <summary>The value with this tag, when the guest has sent it.</summary>
    internal ulong? this[int tag] => (_present & (1u << tag)) != 0 ? _values[tag] : null;

    /// <summary>Takes a list of entries in place of what was there; unknown tags are left out, the last of a repeated one counts.</summary>
    internal void Take(ReadOnlySpan<byte> entries)
    {
        _present = 0;
        for (; entries.Length >= EntryBytes; entries = entries[EntryBytes..])
        {
            int tag = BinaryPrimitives.ReadUInt16LittleEndian(entries);
            if (tag < TagCount)
            {
                _values[tag] = BinaryPrimitives.ReadUInt64LittleEndian(entries[sizeof(ushort)..]);
                _present |= 1u << tag;
            }
        }
    }

    /// <summary>Forgets everything.</summary>
    internal void Clear() => _present = 0;
}
