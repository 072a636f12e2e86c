using MicroVm.Vmm.Bus;
using MicroVm.Vmm.Devices.Legacy;

namespace MicroVm.Vmm.Tests.Legacy;

/// <summary>Registers of a device that has them in words, as a driver accesses them.</summary>
internal static class WordRegisters
{
    /// <summary>Bytes of its page.</summary>
    private const ulong PageBytes = 0x1000;

    internal static uint ReadWord(this IBusDevice device, ulong offset)
    {
        byte[] data = new byte[sizeof(uint)];
        device.Read(offset, data);
        return BitConverter.ToUInt32(data);
    }

    internal static void WriteWord(this IBusDevice device, ulong offset, uint value) => device.Write(offset, BitConverter.GetBytes(value));

    /// <summary>The identification registers of a PrimeCell.</summary>
    internal static uint[] ReadIdentity(this IBusDevice device) =>
        [.. Enumerable.Range(0, 8).Select(i => device.ReadWord(PrimeCellIdentity.FirstOffset + ((ulong)i * sizeof(uint))))];

    /// <summary>Writes all ones and reads, at every offset of the page.</summary>
    internal static void AccessEverywhere(this IBusDevice device, int size)
    {
        byte[] data = new byte[size];
        for (ulong offset = 0; offset <= PageBytes - (ulong)size; offset++)
        {
            data.AsSpan().Fill(0xff);
            device.Write(offset, data);
            device.Read(offset, data);
        }
    }
}
