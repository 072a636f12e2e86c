using System.Buffers.Binary;

namespace MicroVm.Vmm.Boot.Loaders;

/// <summary>Looks for Xen's XEN_ELFNOTE_PHYS32_ENTRY in the untrusted bytes of a note segment.</summary>
internal static class ElfNotes
{
    private const uint Phys32Entry = 18;
    private const int NoteHeaderSize = 12;

    /// <summary>Finds the PVH entry address; false when there is no such note, or none that lies within the bytes.</summary>
    internal static bool TryFindPvhEntry(ReadOnlySpan<byte> notes, out uint entry)
    {
        entry = 0;
        while (notes.Length >= NoteHeaderSize)
        {
            uint nameSize = BinaryPrimitives.ReadUInt32LittleEndian(notes);
            uint valueSize = BinaryPrimitives.ReadUInt32LittleEndian(notes[4..]);
            uint type = BinaryPrimitives.ReadUInt32LittleEndian(notes[8..]);
            ulong valueStart = NoteHeaderSize + Align4(nameSize);
            ulong next = valueStart + Align4(valueSize);
            if (valueStart + valueSize > (ulong)notes.Length)
            {
                return false;
            }

            ReadOnlySpan<byte> name = notes.Slice(NoteHeaderSize, (int)nameSize);
            if (type == Phys32Entry && name.SequenceEqual("Xen\0"u8) && valueSize >= sizeof(uint))
            {
                entry = BinaryPrimitives.ReadUInt32LittleEndian(notes[(int)valueStart..]);
                return true;
            }

            notes = notes[(int)Math.Min(next, (ulong)notes.Length)..];
        }

        return false;
    }

    private static ulong Align4(uint value) => ((ulong)value + 3) & ~3UL;
}
