using MicroVm.EdgeAgent.Configuration;
using MicroVm.EdgeAgent.Update;
using MicroVm.Shared.Contracts.Desired;
using MicroVm.Shared.Contracts.Reported;
using MicroVm.Shared.Identity;

namespace MicroVm.EdgeAgent.Tests.Update;

public sealed class UpdateDecisionsTests
{
    private static readonly ReleaseVersion s_old = ReleaseVersion.Parse("1.0.0"), s_new = ReleaseVersion.Parse("1.1.0");
    private static readonly Digest s_oldDigest = Digest.Of("old"u8), s_newDigest = Digest.Of("new"u8), s_thirdDigest = Digest.Of("third"u8);
    private static readonly AgentTarget s_target = new(s_new, s_newDigest, 100);
    private static readonly UpdateTrial s_trial = new(AgentSlot.A, AgentSlot.B, s_new, s_newDigest, WasConnected: true);

    [Fact]
    public void Target_ThatIsNotThere_IsFetchedPreparedArmedAndStarted()
    {
        UpdateFacts facts = Old() with { Target = s_target };
        Assert.Equal(UpdateStep.Fetch, Step(facts));
        Assert.Equal(UpdateStep.Prepare, Step(facts = facts with { IsFetched = true }));
        Assert.Equal(UpdateStep.Arm, Step(facts = facts with { Disk = facts.Disk with { Spare = new SlotRelease(s_new, s_newDigest) } }));
        Assert.Equal(UpdateStep.SwitchToCandidate, Step(facts = facts with { Disk = facts.Disk with { Trial = s_trial } }));
        Assert.Equal(UpdateStep.Restart, Step(facts with { Disk = facts.Disk with { Current = AgentSlot.B }, HasSwitched = true }));
    }

    [Fact]
    public void OldAgent_ThatIsStartedInPlaceOfTheCandidate_GivesUpInsteadOfEndingForEver()
    {
        UpdateFacts facts = Old() with { Target = s_target };
        facts = facts with { Disk = facts.Disk with { Trial = s_trial, Current = AgentSlot.B } };
        UpdateDecision decision = UpdateDecisions.Next(facts);
        Assert.Equal(UpdateStep.GiveUp, decision.Step);
        facts = facts with { Disk = facts.Disk with { Trial = s_trial with { Reason = decision.Reason } } };
        Assert.Equal(UpdateStep.SwitchBack, Step(facts));
        facts = facts with { Disk = facts.Disk with { Current = AgentSlot.A } };
        Assert.Equal((UpdateStep.RememberFailure, decision.Reason), (Step(facts), UpdateDecisions.Next(facts).Reason));
    }

    [Fact]
    public void LauncherOfOtherSlots_UpdateIsRefusedAndOneThatHasBegunIsUndone()
    {
        UpdateFacts facts = Old() with { Target = s_target, LauncherFault = "it looks elsewhere" };
        UpdateDecision decision = UpdateDecisions.Next(facts);
        Assert.Equal((UpdateStep.None, AgentPhase.Refused, "it looks elsewhere"), (decision.Step, decision.Status.Phase, decision.Status.Message));

        facts = facts with { Disk = facts.Disk with { Trial = s_trial, Current = AgentSlot.B } };
        Assert.Equal(UpdateStep.SwitchBack, Step(facts));
        Assert.Equal(UpdateStep.DropTrial, Step(facts with { Disk = facts.Disk with { Current = AgentSlot.A } }));
    }

    [Fact]
    public void Candidate_ThatWorks_IsAcceptedAfterItHasSettled()
    {
        UpdateFacts facts = Candidate() with { IsConnected = true, IsReconciling = true };
        Assert.Equal(UpdateStep.Wait, Step(facts with { Uptime = TimeSpan.FromSeconds(29) }));
        Assert.Equal(UpdateStep.Accept, Step(facts with { Uptime = TimeSpan.FromSeconds(30) }));
    }

    [Theory]
    [InlineData(false, true, "not connected within 300 s")]
    [InlineData(true, false, "not reconciling within 300 s")]
    [InlineData(false, false, "not reconciling within 300 s")]
    public void Candidate_ThatDoesNotWorkWithinTheGate_GivesUpAndSaysWhy(bool connected, bool reconciling, string reason)
    {
        UpdateFacts facts = Candidate() with { IsConnected = connected, IsReconciling = reconciling };
        Assert.Equal(UpdateStep.Wait, Step(facts with { Uptime = TimeSpan.FromSeconds(299) }));
        UpdateDecision decision = UpdateDecisions.Next(facts with { Uptime = TimeSpan.FromSeconds(300) });
        Assert.Equal((UpdateStep.GiveUp, reason), (decision.Step, decision.Reason));

        facts = facts with { Disk = facts.Disk with { Trial = s_trial with { Reason = reason } }, IsConnected = true, IsReconciling = true };
        Assert.Equal(UpdateStep.SwitchBack, Step(facts));
        Assert.Equal(UpdateStep.Restart, Step(facts with { Disk = facts.Disk with { Current = AgentSlot.A } }));
    }

    [Fact]
    public void Candidate_OfADeviceThatWasOffline_HasToReconcileAloneAndIsGivenTheWholeGateToConnect()
    {
        UpdateFacts facts = Candidate() with { IsReconciling = true };
        facts = facts with { Disk = facts.Disk with { Trial = s_trial with { WasConnected = false } } };
        Assert.Equal(UpdateStep.Wait, Step(facts with { Uptime = TimeSpan.FromSeconds(299) }));
        Assert.Equal(UpdateStep.Accept, Step(facts with { Uptime = TimeSpan.FromSeconds(300) }));
        Assert.Equal(UpdateStep.GiveUp, Step(facts with { Uptime = TimeSpan.FromSeconds(300), IsReconciling = false }));
        Assert.Equal(UpdateStep.Accept, Step(facts with { Uptime = TimeSpan.FromSeconds(31), IsConnected = true }));
    }

    [Fact]
    public void OldAgent_BackAfterTooManyStarts_RemembersThenForgetsTheTrialAndDoesNotTryAgain()
    {
        UpdateFacts facts = Old() with { Target = s_target, IsFetched = true };
        facts = facts with { Disk = facts.Disk with { Trial = s_trial, Starts = 5, Spare = new SlotRelease(s_new, s_newDigest) } };
        UpdateDecision decision = UpdateDecisions.Next(facts);
        Assert.Equal((UpdateStep.RememberFailure, "it did not stay up: started 5 times"), (decision.Step, decision.Reason));

        facts = facts with { Disk = facts.Disk with { Failed = new FailedRelease(s_new, s_newDigest, "why") } };
        Assert.Equal(UpdateStep.DropTrial, Step(facts));

        facts = facts with { Disk = facts.Disk with { Trial = null, Starts = 0 } };
        decision = UpdateDecisions.Next(facts);
        Assert.Equal((UpdateStep.None, AgentPhase.Failed, "why"), (decision.Step, decision.Status.Phase, decision.Status.Message));
        Assert.Equal(UpdateStep.Fetch, Step(facts with { Target = s_target with { Digest = s_thirdDigest }, IsFetched = false }));
        Assert.Equal(UpdateStep.ForgetFailure, Step(facts with { Target = null }));
    }

    [Fact]
    public void Downgrade_IsRefusedUnlessItIsAllowed()
    {
        UpdateFacts facts = Old() with { Target = s_target with { Version = ReleaseVersion.Parse("0.9.9") } };
        UpdateDecision decision = UpdateDecisions.Next(facts);
        Assert.Equal((UpdateStep.None, AgentPhase.Refused), (decision.Step, decision.Status.Phase));
        Assert.Contains("1.0.0", decision.Status.Message, StringComparison.Ordinal);
        Assert.Equal(UpdateStep.Fetch, Step(facts with { Target = facts.Target with { AllowDowngrade = true } }));
    }

    [Fact]
    public void Hold_LetsTheSwitchWaitAndNothingElse()
    {
        UpdateFacts facts = Old() with { Target = s_target, IsHeld = true };
        Assert.Equal(UpdateStep.Fetch, Step(facts));
        Assert.Equal(UpdateStep.Prepare, Step(facts with { IsFetched = true }));
        facts = facts with { Disk = facts.Disk with { Spare = new SlotRelease(s_new, s_newDigest) } };
        UpdateDecision decision = UpdateDecisions.Next(facts);
        Assert.Equal((UpdateStep.None, AgentPhase.Ready), (decision.Step, decision.Status.Phase));
        Assert.Contains("held", decision.Status.Message, StringComparison.Ordinal);
        Assert.Equal(UpdateStep.None, Step(facts with { Disk = facts.Disk with { Trial = s_trial } }));
    }

    [Fact]
    public void Package_OfTheDesiredVersion_IsNotReplacedByTheSame()
    {
        UpdateFacts facts = Old() with { Target = s_target with { Version = s_old } };
        facts = facts with { Disk = facts.Disk with { Running = AgentSlot.Base, RunningRelease = null, Current = AgentSlot.Base } };
        Assert.Equal((UpdateStep.None, AgentPhase.Current), (Step(facts), UpdateDecisions.Next(facts).Status.Phase));
    }

    /// <summary>Every combination of what may be seen: what no combination may lead to.</summary>
    [Fact]
    public void EveryCombination_LeadsToAStepThatIsSafe()
    {
        int count = 0;
        foreach (UpdateFacts facts in Everything())
        {
            count++;
            UpdateDecision decision = UpdateDecisions.Next(facts);
            UpdateDiskState disk = facts.Disk;
            switch (decision.Step)
            {
                case UpdateStep.Accept:
                    Assert.True(disk.Running == disk.Trial!.Candidate && disk.Current == disk.Running && disk.Trial.Reason == "" && facts.IsReconciling, $"{facts}");
                    break;
                case UpdateStep.GiveUp:
                    Assert.True(
                        decision.Reason != "" && disk.Current == disk.Trial!.Candidate && (disk.Running == disk.Trial.Candidate
                            ? facts.Uptime >= TimeSpan.FromSeconds(facts.Options.GateSeconds)
                            : disk.Starts == 0 && !facts.HasSwitched && facts.HasLauncher),
                        $"{facts}");
                    break;
                case UpdateStep.Fetch or UpdateStep.Prepare:
                    Assert.True(disk.Trial is null && facts.HasLauncher && facts.LauncherFault is null && disk.SpareSlot != disk.Running && disk.SpareSlot != disk.Current, $"{facts}");
                    break;
                case UpdateStep.Arm:
                    Assert.True(
                        disk.Trial is null && !facts.IsHeld && facts.LauncherFault is null && disk.Spare!.Digest == facts.Target!.Digest && disk.Failed?.Digest != facts.Target.Digest, $"{facts}");
                    break;
                case UpdateStep.SwitchToCandidate:
                    Assert.True(
                        disk.Running != disk.Trial!.Candidate && disk.Starts == 0 && disk.Trial.Digest == facts.Target?.Digest && !facts.IsHeld
                            && facts.LauncherFault is null,
                        $"{facts}");
                    break;
                case UpdateStep.Restart:
                    Assert.True(
                        disk.Running != disk.Current && facts.HasLauncher && (disk.Running == disk.Trial!.Candidate || facts.HasSwitched), $"{facts}");
                    break;
                case UpdateStep.SwitchBack:
                    Assert.True(disk.Current == disk.Trial!.Candidate && (disk.Trial.Reason != "" || disk.Starts > 0 || facts.LauncherFault is not null), $"{facts}");
                    break;
                case UpdateStep.RememberFailure:
                    Assert.True(disk.Running != disk.Trial!.Candidate && disk.Current != disk.Trial.Candidate && decision.Reason != "", $"{facts}");
                    break;
                default:
                    break;
            }
        }

        Assert.True(count > 10_000, $"{count} combinations");
    }

    private static IEnumerable<UpdateFacts> Everything()
    {
        UpdateTrial?[] trials =
        [
            null, s_trial, s_trial with { Reason = "why" }, s_trial with { WasConnected = false },
            new UpdateTrial(AgentSlot.Base, AgentSlot.A, s_new, s_newDigest, true), new UpdateTrial(AgentSlot.B, AgentSlot.A, s_new, s_newDigest, true, "why"),
        ];
        AgentTarget?[] targets =
            [null, s_target, s_target with { Digest = s_thirdDigest }, s_target with { Version = ReleaseVersion.Parse("0.1.0"), Digest = s_oldDigest }];
        FailedRelease?[] failures = [null, new FailedRelease(s_new, s_newDigest, "why")];
        SlotRelease?[] spares = [null, new SlotRelease(s_new, s_newDigest)];
        AgentSlot[] slots = [AgentSlot.Base, AgentSlot.A, AgentSlot.B];
        bool[] both = [false, true];
        return
            from trial in trials
            from target in targets
            from failed in failures
            from spare in spares
            from running in slots
            from current in slots
            from starts in (int[])[0, 6]
            from flags in Enumerable.Range(0, 64)
            from uptime in (int[])[1, 30, 300]
            // Nobody who has no launcher runs from a slot.
            where (flags & 1) != 0 || running == AgentSlot.Base
            // Who switched did so because nothing was amiss.
            where (flags & 48) != 48
            select new UpdateFacts
            {
                Disk = new UpdateDiskState
                {
                    Running = running,
                    RunningRelease = running == AgentSlot.Base ? null : new SlotRelease(s_old, s_oldDigest),
                    Current = current,
                    Trial = trial,
                    Starts = starts,
                    Failed = failed,
                    Spare = spare,
                },
                Target = target,
                RunningVersion = s_old,
                HasLauncher = (flags & 1) != 0,
                IsHeld = (flags & 2) != 0,
                IsConnected = (flags & 4) != 0,
                IsReconciling = (flags & 8) != 0,
                HasSwitched = (flags & 16) != 0,
                LauncherFault = (flags & 32) != 0 ? "it looks elsewhere" : null,
                IsFetched = spare is not null,
                Uptime = TimeSpan.FromSeconds(uptime),
            };
    }

    private static UpdateStep Step(UpdateFacts facts) => UpdateDecisions.Next(facts).Step;

    private static UpdateFacts Old() => new()
    {
        Disk = new UpdateDiskState { Running = AgentSlot.A, RunningRelease = new SlotRelease(s_old, s_oldDigest), Current = AgentSlot.A },
        RunningVersion = s_old,
        HasLauncher = true,
        Options = UpdateOptions.Default,
    };

    private static UpdateFacts Candidate() => new()
    {
        Disk = new UpdateDiskState
        {
            Running = AgentSlot.B,
            RunningRelease = new SlotRelease(s_new, s_newDigest),
            Current = AgentSlot.B,
            Trial = s_trial,
            Starts = 1,
        },
        Target = s_target,
        RunningVersion = s_new,
        HasLauncher = true,
        Options = UpdateOptions.Default,
    };
}
