using MicroVm.ControlPlane.Abstractions.Events;
using MicroVm.ControlPlane.Grains.Rollouts;

namespace MicroVm.ControlPlane.Tests.Rollouts;

public sealed class RolloutEventsTests
{
    private static readonly RolloutState s_state = new() { Revision = 3, Fallback = 2, Attempt = 1 };

    [Fact]
    public void Rollout_ThatIsNew_IsStarted() =>
        Assert.Equal(("RolloutStarted", "deployment 'web', revision 3"), (Of(null, s_state)!.Reason, Of(null, s_state)!.Message));

    [Fact]
    public void Rollout_ThatGoesBack_IsAWarningWithItsReason()
    {
        FleetEvent back = Of(s_state, s_state with { Phase = RolloutPhase.RollingBack, Reason = "2 devices failed" })!;

        Assert.Equal((true, "RolloutRollingBack", "deployment 'web', revision 3 goes back to revision 2: 2 devices failed"), (back.IsWarning, back.Reason, back.Message));
    }

    [Theory]
    [InlineData(RolloutPhase.Progressing, RolloutPhase.Complete, "RolloutComplete")]
    [InlineData(RolloutPhase.Soaking, RolloutPhase.AwaitingApproval, "RolloutAwaitingApproval")]
    [InlineData(RolloutPhase.RollingBack, RolloutPhase.RolledBack, "RolledBack")]
    [InlineData(RolloutPhase.Progressing, RolloutPhase.Soaking, null)]
    [InlineData(RolloutPhase.Complete, RolloutPhase.Complete, null)]
    internal void Rollout_InAnotherPhase_IsToldWhenItMatters(RolloutPhase before, RolloutPhase after, string? reason) =>
        Assert.Equal(reason, Of(s_state with { Phase = before }, s_state with { Phase = after, Wave = 1 })?.Reason);

    [Fact]
    public void Rollout_PausedAndResumed_IsToldBoth()
    {
        RolloutState paused = s_state with { IsPaused = true, Reason = "too many failures" };

        Assert.Equal(("RolloutPaused", true), (Of(s_state, paused)!.Reason, Of(s_state, paused)!.IsWarning));
        Assert.Equal("RolloutResumed", Of(paused, s_state)!.Reason);
    }

    private static FleetEvent? Of(RolloutState? before, RolloutState after) => RolloutEvents.Between("web", before, after);
}
