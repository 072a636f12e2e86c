using MicroVm.ControlPlane.Cli.Output;
using MicroVm.Shared.Contracts.Api;

namespace MicroVm.ControlPlane.Cli.Commands;

/// <summary>A rollout in words.</summary>
internal static class RolloutText
{
    /// <summary>States of a <see cref="DeploymentView"/> that end a watch.</summary>
    public const string Complete = "Complete", Degraded = "Degraded";

    private const int BarWidth = 24, ShownPhases = 3;

    /// <summary>True for states that a rollout does not leave by itself.</summary>
    public static bool IsStuck(string state) => state is "Paused" or "RolledBack";

    /// <summary>One line without colours; of one that does not go well with the reason.</summary>
    public static string Line(DeploymentView view)
    {
        string why = view.Rollout is { Reason.Length: > 0 } rollout ? $"; {rollout.Reason}"
            : view.State == Degraded && Problems(view).FirstOrDefault() is string problem ? $"; {problem}"
            : "";
        string failed = view.Failed > 0 ? $", {view.Failed} failed" : "";
        return Terminal.Safe($"{view.Name} revision {view.Revision}: {view.State}{Wave(view)}, {view.Ready} of {view.Targeted} ready{failed}{Phases(view)}{why}");
    }

    /// <summary>One line with a bar for a terminal.</summary>
    public static string Bar(Terminal terminal, DeploymentView view)
    {
        Cell state = PhaseColour.Of(view.State);
        string line = $"{view.Name} revision {view.Revision} {ProgressBar.Draw(view.Ready, view.Targeted, BarWidth)} {view.Ready}/{view.Targeted} ready";
        string rest = Terminal.Safe((view.Failed > 0 ? $", {view.Failed} failed" : "") + Phases(view));
        int room = Math.Max(0, terminal.Width - 1 - line.Length - 2 - state.Text.Length);
        return $"{line}  {terminal.Paint(state.Colour, state.Text)}{(rest.Length > room ? rest[..room] : rest)}";
    }

    /// <summary>What is wrong on which devices, one line each.</summary>
    public static IEnumerable<string> Problems(DeploymentView view) =>
        view.Devices.Where(static device => device.Message.Length > 0)
            .Select(static device => Terminal.Safe($"{device.Device}: {device.Phase}: {device.Message}"));

    /// <summary>Where a rollout by waves is; empty for one that has no waves or is over.</summary>
    public static string Wave(DeploymentView view) => view.Rollout is { Waves: > 1, EndedAt: null } rollout
        ? $" at {rollout.WaveName} of {rollout.Waves} waves{(rollout.Phase == "Soaking" ? ", soaking" : "")}"
        : "";

    private static string Phases(DeploymentView view)
    {
        string[] phases = [.. view.Devices.Where(static device => device.Phase is not ("Running" or "Completed"))
            .CountBy(static device => device.Phase).OrderByDescending(static pair => pair.Value)
            .Take(ShownPhases).Select(static pair => $"{pair.Value} {pair.Key}")];
        return phases.Length > 0 ? $" ({string.Join(", ", phases)})" : "";
    }
}
