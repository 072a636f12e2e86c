using MicroVm.EdgeAgent.Identity;

namespace MicroVm.EdgeAgent.Tests.Identity;

public sealed class RenewalDecisionsTests
{
    private static readonly DateTimeOffset s_begin = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly DateTimeOffset s_end = s_begin.AddDays(90);

    [Theory]
    [InlineData(0, true, false)]
    [InlineData(59, true, false)]
    [InlineData(60, true, true)]
    [InlineData(200, true, true)]
    [InlineData(1, false, true)]
    public void Renewal_IsDueAfterTwoThirdsOrForANewerAuthority(int day, bool isOfNewestAuthority, bool due) =>
        Assert.Equal(due, RenewalDecisions.IsDue(s_begin, s_end, isOfNewestAuthority, s_begin.AddDays(day)));

    [Fact]
    public void Clock_BeforeTheCertificate_IsBlindAndRenewsByUptime()
    {
        Assert.True(RenewalDecisions.IsBlind(s_begin, DateTimeOffset.UnixEpoch));
        Assert.False(RenewalDecisions.IsBlind(s_begin, s_begin));

        Assert.Equal(TimeSpan.FromMinutes(7), RenewalDecisions.UntilBlind(TimeSpan.FromMinutes(3), null));
        Assert.Equal(TimeSpan.Zero, RenewalDecisions.UntilBlind(TimeSpan.FromMinutes(10), null));
        Assert.Equal(TimeSpan.FromHours(1), RenewalDecisions.UntilBlind(TimeSpan.FromDays(30), TimeSpan.FromHours(23)));
        Assert.Equal(TimeSpan.Zero, RenewalDecisions.UntilBlind(TimeSpan.FromDays(30), TimeSpan.FromDays(2)));
    }

    [Fact]
    public void Wait_IsNeverLongerThanAnHour_AndEndsWhenItIsDue()
    {
        Assert.Equal(TimeSpan.FromHours(1), RenewalDecisions.Wait(s_begin, s_end, s_begin));
        Assert.Equal(TimeSpan.FromMinutes(5), RenewalDecisions.Wait(s_begin, s_end, s_begin.AddDays(60).AddMinutes(-5)));
        Assert.Equal(TimeSpan.Zero, RenewalDecisions.Wait(s_begin, s_end, s_end));
    }
}
