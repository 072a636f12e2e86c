using MicroVm.Vmm.Devices.Legacy;
using MicroVm.Vmm.Tests.RateLimiting;

namespace MicroVm.Vmm.Tests.Legacy;

public sealed class Pl031ClockTests
{
    private readonly ManualClock _time = new();
    private readonly Pl031Clock _device;

    public Pl031ClockTests() => _device = new Pl031Clock(_time);

    [Fact]
    public void Data_IsTheHostsTime()
    {
        Assert.Equal((uint)_time.GetUtcNow().ToUnixTimeSeconds(), Read(Pl031Clock.DataOffset));
        _time.Advance(TimeSpan.FromSeconds(90));
        Assert.Equal((uint)_time.GetUtcNow().ToUnixTimeSeconds(), Read(Pl031Clock.DataOffset));
    }

    [Fact]
    public void Load_SetsTheGuestsClockForward_AndItGoesOn()
    {
        Write(Pl031Clock.LoadOffset, uint.MaxValue);
        _time.Advance(TimeSpan.FromSeconds(3));

        Assert.Equal(2u, Read(Pl031Clock.DataOffset));
        Assert.Equal(uint.MaxValue, Read(Pl031Clock.LoadOffset));
    }

    [Fact]
    public void Match_AtItsSecond_IsKeptUntilItIsCleared()
    {
        Write(Pl031Clock.LoadOffset, 1000);
        Write(Pl031Clock.MatchOffset, 1001);
        Assert.Equal(0u, Read(Pl031Clock.RawStatusOffset));

        _time.Advance(TimeSpan.FromSeconds(1));

        Assert.Equal(1u, Read(Pl031Clock.RawStatusOffset));
        Assert.Equal(0u, Read(Pl031Clock.MaskedStatusOffset));
        Write(Pl031Clock.MaskOffset, 1);
        Assert.Equal(1u, Read(Pl031Clock.MaskedStatusOffset));
        _time.Advance(TimeSpan.FromSeconds(1));
        Write(Pl031Clock.ClearOffset, 1);
        Assert.Equal(0u, Read(Pl031Clock.RawStatusOffset));
    }

    [Fact]
    public void Identity_IsThatOfAPrimeCell()
    {
        uint[] read = [.. Enumerable.Range(0, 8).Select(i => Read(PrimeCellIdentity.FirstOffset + ((ulong)i * 4)))];
        Assert.Equal([0x31u, 0x10, 0x04, 0x00, 0x0d, 0xf0, 0x05, 0xb1], read);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(8)]
    public void Access_OfAnySizeAnywhere_IsHarmless(int size)
    {
        byte[] data = [.. Enumerable.Repeat((byte)0xff, size)];
        for (ulong offset = 0; offset <= 0x1000 - (ulong)size; offset++)
        {
            _device.Write(offset, data);
            _device.Read(offset, data);
            data.AsSpan().Fill(0xff);
        }

        Assert.Equal(1u, Read(Pl031Clock.ControlOffset));
    }

    private uint Read(ulong offset)
    {
        byte[] data = new byte[4];
        _device.Read(offset, data);
        return BitConverter.ToUInt32(data);
    }

    private void Write(ulong offset, uint value) => _device.Write(offset, BitConverter.GetBytes(value));
}
