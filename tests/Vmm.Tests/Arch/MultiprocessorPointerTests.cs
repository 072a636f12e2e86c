using System.Buffers.Binary;
using MicroVm.Vmm.Arch.X64;
using MicroVm.Vmm.Memory;

namespace MicroVm.Vmm.Tests.Arch;

public sealed class MultiprocessorPointerTests
{
    private const ulong LastKibibyteOfBaseMemory = 639 << 10;

    /// <summary>What smp_scan_config() of Linux (arch/x86/kernel/mpparse.c) asks of it before it stops looking.</summary>
    [Fact]
    public void Pointer_IsWhereLinuxLooks_AndIsWhatItTakes()
    {
        using GuestMemory memory = new([new GuestRegion(new GuestAddress(0), 1 << 20, 0)]);

        MultiprocessorPointer.Write(memory);

        Assert.Equal(LastKibibyteOfBaseMemory, MultiprocessorPointer.Address);
        byte[] pointer = new byte[16];
        Assert.True(memory.TryRead(new GuestAddress(MultiprocessorPointer.Address), pointer));
        Assert.Equal("_MP_"u8, pointer.AsSpan(0, 4));
        Assert.Equal(1, pointer[8]);
        Assert.Equal(4, pointer[9]);
        Assert.Equal(0, pointer.Sum(static value => value) & 0xff);
        // No default configuration, and a table: a kernel without ACPI stops for good when it has neither.
        Assert.Equal(0, pointer[11]);
        Assert.NotEqual(0U, BinaryPrimitives.ReadUInt32LittleEndian(pointer.AsSpan(4)));
    }
}
