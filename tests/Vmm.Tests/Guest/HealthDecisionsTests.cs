using MicroVm.Shared.Contracts.Desired;
using MicroVm.Shared.Contracts.Guest;
using MicroVm.Vmm.Guest.Probes;

namespace MicroVm.Vmm.Tests.Guest;

public class HealthDecisionsTests
{
    private const int Length = 8;

    private static readonly (int Failures, int Successes)[] s_thresholds =
        [.. from failures in Enumerable.Range(1, 3) from successes in Enumerable.Range(1, 3) select (failures, successes)];

    [Fact]
    public void Readiness_EverySequence_IsWhatItsLastFullRunSays()
    {
        foreach ((int failures, int successes) in s_thresholds)
        {
            ProbeSet probes = new(null, null, Probe(failures, successes));
            foreach (bool[] findings in Sequences())
            {
                HealthState state = HealthDecisions.Begin(probes);
                bool expected = false;
                for (int i = 0; i < findings.Length; i++)
                {
                    state = Next(probes, state, ProbeRole.Readiness, findings[i], i);
                    expected = RunReaches(findings[..(i + 1)], findings[i] ? successes : failures) ? findings[i] : expected;
                    Assert.Equal((expected, true, GuestExitCause.Ended), (state.Ready, state.StartedUp, state.Fault));
                    Assert.True(!state.Ready || state.Message.Length == 0);
                }
            }
        }
    }

    [Fact]
    public void Liveness_EverySequence_FailsAtTheFirstFullRunOfFailuresAndStaysSo()
    {
        foreach ((int failures, int successes) in s_thresholds)
        {
            ProbeSet probes = new(null, Probe(failures, successes), null);
            foreach (bool[] findings in Sequences())
            {
                HealthState state = HealthDecisions.Begin(probes);
                int failedAt = -1;
                for (int i = 0; i < findings.Length; i++)
                {
                    state = Next(probes, state, ProbeRole.Liveness, findings[i], i);
                    failedAt = failedAt < 0 && !findings[i] && RunReaches(findings[..(i + 1)], failures) ? i : failedAt;
                    Assert.Equal(failedAt < 0 ? GuestExitCause.Ended : GuestExitCause.LivenessProbeFailed, state.Fault);
                    Assert.Equal(failedAt < 0 ? "" : $"finding {failedAt}", state.Message);
                    Assert.Equal(failedAt < 0, state.Ready);
                }
            }
        }
    }

    [Fact]
    public void Startup_EverySequence_EndsAtItsFirstFullRun()
    {
        foreach ((int failures, int successes) in s_thresholds)
        {
            ProbeSet probes = new(Probe(failures, successes), Probe(1, 1), Probe(1, 1));
            foreach (bool[] findings in Sequences())
            {
                HealthState state = HealthDecisions.Begin(probes);
                bool? answer = null;
                for (int i = 0; i < findings.Length; i++)
                {
                    Assert.Equal(
                        (answer is null, answer is true, answer is true),
                        (HealthDecisions.Looks(state, ProbeRole.Startup), HealthDecisions.Looks(state, ProbeRole.Liveness), HealthDecisions.Looks(state, ProbeRole.Readiness)));
                    state = Next(probes, state, ProbeRole.Startup, findings[i], i);
                    answer ??= RunReaches(findings[..(i + 1)], findings[i] ? successes : failures) ? findings[i] : null;
                    Assert.Equal((answer is true, false), (state.StartedUp, state.Ready));
                    Assert.Equal(answer is false ? GuestExitCause.StartupProbeFailed : GuestExitCause.Ended, state.Fault);
                }
            }
        }
    }

    [Theory]
    [InlineData(false, false, true, true)]
    [InlineData(true, false, false, false)]
    [InlineData(false, true, true, false)]
    [InlineData(true, true, false, false)]
    public void Begin_ByWhatProbesThereAre_IsReadyOnlyWithoutThem(bool startup, bool readiness, bool startedUp, bool ready)
    {
        HealthState state = HealthDecisions.Begin(new ProbeSet(startup ? Probe(1, 1) : null, null, readiness ? Probe(1, 1) : null));
        Assert.Equal((startedUp, ready, ""), (state.StartedUp, state.Ready, state.Message));
    }

    [Fact]
    public void Next_WhileTheStartupProbeHasNotSucceeded_OthersAreNotTaken()
    {
        ProbeSet probes = new(Probe(3, 1), Probe(1, 1), Probe(1, 1));
        HealthState state = HealthDecisions.Begin(probes);
        Assert.Same(state, Next(probes, state, ProbeRole.Liveness, false, 0));
        Assert.Same(state, Next(probes, state, ProbeRole.Readiness, true, 0));
    }

    private static HealthState Next(ProbeSet probes, HealthState state, ProbeRole role, bool isSuccess, int number) =>
        HealthDecisions.Next(probes, state, role, new ProbeFinding(isSuccess, $"finding {number}"));

    private static Probe Probe(int failures, int successes) =>
        new() { Kind = ProbeKind.Tcp, Port = 80, FailureThreshold = failures, SuccessThreshold = successes };

    private static bool RunReaches(bool[] findings, int count) =>
        findings.Reverse().TakeWhile(finding => finding == findings[^1]).Count() >= count;

    private static IEnumerable<bool[]> Sequences() =>
        Enumerable.Range(0, 1 << Length).Select(static bits => Enumerable.Range(0, Length).Select(i => (bits & (1 << i)) != 0).ToArray());
}
