using MicroVm.Vmm.Bus;

namespace MicroVm.Vmm.Tests.Legacy;

public sealed class IoBusTests
{
    private readonly IoBus _bus = new();
    private readonly RecordingDevice _first = new(0x11);
    private readonly RecordingDevice _second = new(0x22);

    public IoBusTests()
    {
        _bus.Add(0x1000, 0x10, _first);
        _bus.Add(0x1010, 0x10, _second);
    }

    [Theory]
    [InlineData(0x1000UL, 1, 0x11)]
    [InlineData(0x100fUL, 1, 0x11)]
    [InlineData(0x1010UL, 8, 0x22)]
    [InlineData(0x100fUL, 2, 0xff)] // across two devices
    [InlineData(0x101fUL, 4, 0xff)]
    [InlineData(0x0fffUL, 1, 0xff)]
    [InlineData(0x1020UL, 1, 0xff)]
    [InlineData(ulong.MaxValue, 8, 0xff)]
    public void Read_Address_ComesFromItsDeviceOrAllOnes(ulong address, int length, byte expected)
    {
        byte[] data = new byte[length];
        _bus.Read(address, data);
        Assert.All(data, value => Assert.Equal(expected, value));
        Assert.Equal(expected == 0xff ? 1 : 0, _bus.UnclaimedAccesses);
    }

    [Fact]
    public void Write_Address_ArrivesAsOffset()
    {
        _bus.Write(0x1014, [1, 2]);
        Assert.Equal(4UL, _second.LastOffset);
        Assert.Null(_first.LastOffset);
    }

    [Fact]
    public void Add_OverlappingRange_IsRefused() => Assert.Throws<InvalidOperationException>(() => _bus.Add(0x101f, 2, _first));

    private sealed class RecordingDevice(byte fill) : IBusDevice
    {
        internal ulong? LastOffset { get; private set; }

        public void Read(ulong offset, Span<byte> data) => data.Fill(fill);

        public void Write(ulong offset, ReadOnlySpan<byte> data) => LastOffset = offset;
    }
}
