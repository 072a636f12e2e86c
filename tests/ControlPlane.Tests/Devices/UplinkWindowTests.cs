using MicroVm.ControlPlane.Grains.Devices;
using MicroVm.Shared.Contracts.Reported;

namespace MicroVm.ControlPlane.Tests.Devices;

public sealed class UplinkWindowTests
{
    private static readonly Guid s_first = Guid.NewGuid(), s_second = Guid.NewGuid();

    [Fact]
    public void Take_RisingSequence_IsNews()
    {
        UplinkWindow window = Taken(UplinkWindow.Empty, s_first, 5);

        Assert.Equal(9UL, Taken(window, s_first, 9).Sequence);
    }

    [Theory]
    [InlineData(5)]
    [InlineData(4)]
    public void Take_SameOrLowerSequence_IsNot(ulong sequence) =>
        Assert.Null(Taken(UplinkWindow.Empty, s_first, 5).Take(Header(s_first, sequence)));

    [Fact]
    public void Take_NewBootId_IsNewsAtAnySequence() =>
        Assert.Equal(1UL, Taken(Taken(UplinkWindow.Empty, s_first, 5), s_second, 1).Sequence);

    [Fact]
    public void Take_BootIdThatWasLeft_IsNot()
    {
        UplinkWindow window = Taken(Taken(UplinkWindow.Empty, s_first, 5), s_second, 1);

        Assert.Null(window.Take(Header(s_first, 6)));
    }

    [Fact]
    public void Begin_HelloOfTheSameBoot_LetsAnEarlierReportPass() =>
        Assert.Equal(6UL, Taken(Taken(UplinkWindow.Empty, s_first, 5).Begin(Header(s_first, 9)), s_first, 6).Sequence);

    [Fact]
    public void Begin_HelloOfANewBoot_LeavesTheOldOne()
    {
        UplinkWindow window = Taken(UplinkWindow.Empty, s_first, 5).Begin(Header(s_second, 3));

        Assert.Null(window.Take(Header(s_first, 6)));
        Assert.Equal(1UL, Taken(window, s_second, 1).Sequence);
    }

    [Fact]
    public void Begin_HelloOfALeftBoot_ChangesNothing()
    {
        UplinkWindow window = Taken(Taken(UplinkWindow.Empty, s_first, 5), s_second, 4);

        Assert.Same(window, window.Begin(Header(s_first, 9)));
    }

    [Fact]
    public void Take_ManyBootIds_RemembersABoundedNumber()
    {
        UplinkWindow window = UplinkWindow.Empty;
        for (int i = 0; i < 100; i++)
        {
            window = Taken(window, Guid.NewGuid(), 1);
        }

        Assert.Equal(UplinkWindow.MaxLeft, window.Left.Length);
    }

    private static UplinkHeader Header(Guid bootId, ulong sequence) => new(bootId, sequence, 0);

    private static UplinkWindow Taken(UplinkWindow window, Guid bootId, ulong sequence)
    {
        UplinkWindow? next = window.Take(Header(bootId, sequence));
        Assert.NotNull(next);
        return next;
    }
}
