using System.Buffers.Binary;

namespace MicroVm.Vmm.Devices.Legacy;

/// <summary>
/// The eight identification registers at the end of a PrimeCell's page, a byte in each word: part number, designer and revision, and the
/// number that marks a PrimeCell. Linux picks drivers by them.
/// </summary>
internal static class PrimeCellIdentity
{
    internal const ulong FirstOffset = 0xfe0;

    private const uint PrimeCell = 0xb105_f00d;

    /// <summary>Fills <paramref name="data"/> with what is read at <paramref name="offset"/>, if that is one of them.</summary>
    internal static bool TryRead(uint peripheralId, ulong offset, Span<byte> data)
    {
        if (offset is < FirstOffset or > 0xffc)
        {
            return false;
        }

        ulong id = peripheralId | ((ulong)PrimeCell << 32);
        Write(data, (byte)(id >> (int)((offset - FirstOffset) / sizeof(uint) * 8)));
        return true;
    }

    /// <summary>The value of a register, cut to the width of the access.</summary>
    internal static void Write(Span<byte> data, uint value)
    {
        Span<byte> word = stackalloc byte[sizeof(ulong)];
        BinaryPrimitives.WriteUInt64LittleEndian(word, value);
        word[..data.Length].CopyTo(data);
    }

    /// <summary>What an access writes to a register; its upper bits are zero when it is narrower.</summary>
    internal static uint ToValue(ReadOnlySpan<byte> data)
    {
        Span<byte> word = stackalloc byte[sizeof(ulong)];
        word.Clear();
        data.CopyTo(word);
        return BinaryPrimitives.ReadUInt32LittleEndian(word);
    }
}
