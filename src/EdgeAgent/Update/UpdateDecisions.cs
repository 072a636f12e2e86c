using MicroVm.Shared.Contracts.Desired;
using MicroVm.Shared.Contracts.Reported;

namespace MicroVm.EdgeAgent.Update;

/// <summary>
/// How an agent gives way to another one and comes back when that one does not work. Every step leaves a state from which
/// whoever starts next goes on, so that power may fail between any two.
/// <code>
///            Fetch  Prepare  Arm    SwitchToCandidate  Restart
///   old  ──────────────────────● trial ──────● current ──────────▶ new ── connected, reconciling ── Accept
///    ▲                         │             │ starts (launcher)    │
///    │                         │             ▼ too many, or none    │ not within the gate
///    └── RememberFailure, DropTrial ◀── SwitchBack ◀──────────── GiveUp
/// </code>
/// </summary>
internal static class UpdateDecisions
{
    private const string Held = "it waits: changes are held on the device";
    private const string NotStarted = "microvm-launch did not start it, or could not count the start, and started the agent from before";

    private static readonly TimeSpan s_poll = TimeSpan.FromSeconds(1);

    /// <summary>The slot that is neither of two.</summary>
    internal static AgentSlot SpareOf(AgentSlot running, AgentSlot current) =>
        running != AgentSlot.A && current != AgentSlot.A ? AgentSlot.A
        : running != AgentSlot.B && current != AgentSlot.B ? AgentSlot.B
        : running == AgentSlot.A ? AgentSlot.B : AgentSlot.A;

    /// <summary>What is done next.</summary>
    internal static UpdateDecision Next(UpdateFacts facts) => facts.Disk.Trial is UpdateTrial trial
        ? facts.Disk.Running == trial.Candidate ? AsCandidate(facts, trial) : AsPrevious(facts, trial)
        : Untried(facts);

    /// <summary>This process is the new agent.</summary>
    private static UpdateDecision AsCandidate(UpdateFacts facts, UpdateTrial trial)
    {
        AgentStatus status = new(AgentPhase.Trial, trial.Digest, trial.Version.Value, trial.Reason);
        if (facts.Disk.Current != trial.Candidate)
        {
            return new UpdateDecision(UpdateStep.Restart, status);
        }

        if (trial.Reason.Length > 0)
        {
            return new UpdateDecision(UpdateStep.SwitchBack, status);
        }

        (TimeSpan gate, TimeSpan settle) = (TimeSpan.FromSeconds(facts.Options.GateSeconds), TimeSpan.FromSeconds(facts.Options.SettleSeconds));
        bool isOver = facts.Uptime >= gate;
        // A device that was offline may stay offline; it is waited for all the same, because an agent that cannot connect cannot be replaced.
        bool works = facts.IsReconciling && (facts.IsConnected || (isOver && !trial.WasConnected));
        return works && (isOver || facts.Uptime >= settle) ? new UpdateDecision(UpdateStep.Accept, status)
            : isOver ? new UpdateDecision(UpdateStep.GiveUp, status, Shortcoming(facts, gate))
            : new UpdateDecision(UpdateStep.Wait, status, After: s_poll);
    }

    /// <summary>This process is an agent that worked before, and there was to be a new one.</summary>
    private static UpdateDecision AsPrevious(UpdateFacts facts, UpdateTrial trial)
    {
        AgentStatus status = new(AgentPhase.Ready, trial.Digest, trial.Version.Value, trial.Reason);
        bool wasStarted = facts.Disk.Starts > 0 || trial.Reason.Length > 0;
        if (!facts.HasLauncher)
        {
            // Somebody runs this agent by hand: what the launcher and the next agent are about is left to them.
            return new UpdateDecision(UpdateStep.None, status);
        }

        if (facts.Disk.Current == trial.Candidate)
        {
            // Started and yet not running: it cannot even be executed. Power that fails after the switch has the launcher start and count
            // it, so who begins here without a count would be started in its place for ever.
            return wasStarted || facts.LauncherFault is not null ? new UpdateDecision(UpdateStep.SwitchBack, status)
                : facts.HasSwitched ? new UpdateDecision(UpdateStep.Restart, status)
                : new UpdateDecision(UpdateStep.GiveUp, status, NotStarted);
        }

        if (facts.Disk.Failed?.Digest == trial.Digest)
        {
            return new UpdateDecision(UpdateStep.DropTrial, Failed(facts.Disk.Failed));
        }

        if (wasStarted)
        {
            return new UpdateDecision(
                UpdateStep.RememberFailure, status, trial.Reason.Length > 0 ? trial.Reason : $"it did not stay up: started {facts.Disk.Starts} times");
        }

        return facts.Target?.Digest != trial.Digest || facts.LauncherFault is not null ? new UpdateDecision(UpdateStep.DropTrial, status)
            : facts.IsHeld ? new UpdateDecision(UpdateStep.None, status with { Message = Held })
            : new UpdateDecision(UpdateStep.SwitchToCandidate, status);
    }

    private static UpdateDecision Untried(UpdateFacts facts)
    {
        if (facts.Target is not AgentTarget target)
        {
            return new UpdateDecision(facts.Disk.Failed is null ? UpdateStep.None : UpdateStep.ForgetFailure, AgentStatus.None);
        }

        AgentStatus status = new(AgentPhase.Current, target.Digest, target.Version.Value, "");
        if (IsRunning(facts, target))
        {
            return new UpdateDecision(UpdateStep.None, status);
        }

        if (facts.Disk.Failed is FailedRelease failed && failed.Digest == target.Digest)
        {
            return new UpdateDecision(UpdateStep.None, Failed(failed));
        }

        if (Refusal(facts, target) is string refusal)
        {
            return new UpdateDecision(UpdateStep.None, status with { Phase = AgentPhase.Refused, Message = refusal });
        }

        AgentStatus ready = status with { Phase = AgentPhase.Ready };
        return facts.Disk.Spare?.Digest == target.Digest
                ? facts.IsHeld ? new UpdateDecision(UpdateStep.None, ready with { Message = Held }) : new UpdateDecision(UpdateStep.Arm, ready)
            : facts.IsFetched ? new UpdateDecision(UpdateStep.Prepare, ready)
            : new UpdateDecision(UpdateStep.Fetch, status with { Phase = AgentPhase.Fetching });
    }

    /// <summary>A slot is known by its artifact; the package is known by its version alone.</summary>
    private static bool IsRunning(UpdateFacts facts, AgentTarget target) => facts.Disk.RunningRelease is SlotRelease running
        ? running.Digest == target.Digest
        : facts.RunningVersion == target.Version;

    private static string? Refusal(UpdateFacts facts, AgentTarget target) =>
        !facts.HasLauncher ? "this agent was not started by microvm-launch, which is what would start another one"
        : facts.LauncherFault is string fault ? fault
        : target.Version.CompareTo(facts.RunningVersion) < 0 && !target.AllowDowngrade
            ? $"it is older than {facts.RunningVersion}, which runs, and a downgrade is not allowed"
        : facts.Disk.SpareSlot == facts.Disk.Current || facts.Disk.SpareSlot == facts.Disk.Running
            ? "both slots are in use: somebody has another agent start next; start the agent again first"
        : null;

    private static AgentStatus Failed(FailedRelease failed) => new(AgentPhase.Failed, failed.Digest, failed.Version.Value, failed.Reason);

    private static string Shortcoming(UpdateFacts facts, TimeSpan gate) =>
        $"{(facts.IsReconciling ? "not connected" : "not reconciling")} within {gate.TotalSeconds:0} s";
}
