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
        Assert.Equal((uint)_time.GetUtcNow().ToUnixTimeSeconds(), _device.ReadWord(Pl031Clock.DataOffset));
        _time.Advance(TimeSpan.FromSeconds(90));
        Assert.Equal((uint)_time.GetUtcNow().ToUnixTimeSeconds(), _device.ReadWord(Pl031Clock.DataOffset));
    }

    [Fact]
    public void Load_SetsTheGuestsClockForward_AndItGoesOn()
    {
        _device.WriteWord(Pl031Clock.LoadOffset, uint.MaxValue);
        _time.Advance(TimeSpan.FromSeconds(3));

        Assert.Equal(2u, _device.ReadWord(Pl031Clock.DataOffset));
        Assert.Equal(uint.MaxValue, _device.ReadWord(Pl031Clock.LoadOffset));
    }

    [Fact]
    public void Match_AtItsSecond_IsKeptUntilItIsCleared()
    {
        _device.WriteWord(Pl031Clock.LoadOffset, 1000);
        _device.WriteWord(Pl031Clock.MatchOffset, 1001);
        Assert.Equal(0u, _device.ReadWord(Pl031Clock.RawStatusOffset));

        _time.Advance(TimeSpan.FromSeconds(1));

        Assert.Equal(1u, _device.ReadWord(Pl031Clock.RawStatusOffset));
        Assert.Equal(0u, _device.ReadWord(Pl031Clock.MaskedStatusOffset));
        _device.WriteWord(Pl031Clock.MaskOffset, 1);
        Assert.Equal(1u, _device.ReadWord(Pl031Clock.MaskedStatusOffset));
        _time.Advance(TimeSpan.FromSeconds(1));
        _device.WriteWord(Pl031Clock.ClearOffset, 1);
        Assert.Equal(0u, _device.ReadWord(Pl031Clock.RawStatusOffset));
    }

    [Theory]
    [InlineData(1001u, true)]
    [InlineData(1060u, true)]
    [InlineData(1000u, false)]
    [InlineData(1061u, false)]
    public void Match_WhoseSecondPassedBetweenTwoLooks_IsSeen(uint match, bool isSeen)
    {
        _device.WriteWord(Pl031Clock.LoadOffset, 1000);
        _device.WriteWord(Pl031Clock.MatchOffset, match);

        _time.Advance(TimeSpan.FromMinutes(1));

        Assert.Equal(isSeen ? 1u : 0, _device.ReadWord(Pl031Clock.RawStatusOffset));
    }

    [Fact]
    public void Match_WhenTheHostsClockIsSetBack_IsNotSeen()
    {
        _device.WriteWord(Pl031Clock.LoadOffset, 1000);
        _device.WriteWord(Pl031Clock.MatchOffset, 990);

        _time.Advance(TimeSpan.FromSeconds(-20));

        Assert.Equal(980u, _device.ReadWord(Pl031Clock.DataOffset));
        Assert.Equal(0u, _device.ReadWord(Pl031Clock.RawStatusOffset));
    }

    [Fact]
    public void Identity_IsThatOfAPrimeCell()
    {
        Assert.Equal([0x31u, 0x10, 0x04, 0x00, 0x0d, 0xf0, 0x05, 0xb1], _device.ReadIdentity());
    }

    [Theory]
    [InlineData(1)]
    [InlineData(8)]
    public void Access_OfAnySizeAnywhere_IsHarmless(int size)
    {
        _device.AccessEverywhere(size);

        Assert.Equal(1u, _device.ReadWord(Pl031Clock.ControlOffset));
    }
}
