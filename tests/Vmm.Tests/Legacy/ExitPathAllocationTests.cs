using MicroVm.Vmm.Bus;
using MicroVm.Vmm.Devices.Legacy;

namespace MicroVm.Vmm.Tests.Legacy;

public sealed class ExitPathAllocationTests
{
    [Fact]
    public void PortAccess_ThroughBusAndSerial_AllocatesNothing()
    {
        IoBus bus = new();
        bus.Add(0x3f8, 8, new Serial16550(new CountingInterrupt(), new SilentSerialOutput()));
        Access(bus, 10);

        long before = GC.GetAllocatedBytesForCurrentThread();
        Access(bus, 1000);

        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
    }

    private static void Access(IoBus bus, int count)
    {
        Span<byte> data = stackalloc byte[1];
        for (int i = 0; i < count; i++)
        {
            data[0] = (byte)i;
            bus.Write(0x3f8, data);
            bus.Read(0x3fd, data);
            bus.Read(0x9999, data);
        }
    }

    private sealed class SilentSerialOutput : ISerialOutput
    {
        public bool TryWrite(byte value) => true;
    }
}
