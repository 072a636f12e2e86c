using MicroVm.ControlPlane.Cli.Api;
using MicroVm.ControlPlane.Cli.Hosting;
using MicroVm.ControlPlane.Cli.Output;
using MicroVm.Shared.Contracts.Api;

namespace MicroVm.ControlPlane.Cli.Commands;

/// <summary>Follows a rollout to its end: complete, degraded for too long, or out of time.</summary>
/// <param name="context">What the command works with.</param>
/// <param name="name">The deployment.</param>
/// <param name="timeout">Longest wait.</param>
/// <param name="patience">How long it may stay degraded: a VM that is tried again soon after a failure may yet succeed.</param>
internal sealed class RolloutWatch(CliContext context, string name, TimeSpan timeout, TimeSpan patience)
{
    private readonly Terminal _terminal = context.Terminal;
    private DeploymentView? _seen;
    private string _shown = "";

    private bool HasBar => _terminal.IsInteractive && !context.IsJson;

    /// <summary>Runs to the end.</summary>
    public async Task<ExitCode> RunAsync(CancellationToken cancellation)
    {
        using CancellationTokenSource overall = new(timeout, context.Time);
        using CancellationTokenSource degraded = new(Timeout.InfiniteTimeSpan, context.Time);
        using CancellationTokenSource end = CancellationTokenSource.CreateLinkedTokenSource(cancellation, overall.Token, degraded.Token);
        bool complete = false;
        try
        {
            complete = await WatchAsync(degraded, end.Token);
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested && end.IsCancellationRequested)
        {
            // Out of time, one way or the other.
        }
        finally
        {
            if (HasBar && _shown.Length > 0)
            {
                await _terminal.Out.WriteLineAsync();
            }
        }

        if (complete)
        {
            return ExitCode.Success;
        }

        await SayWhyAsync(degraded.IsCancellationRequested);
        return ExitCode.RolloutNotComplete;
    }

    private async Task<bool> WatchAsync(CancellationTokenSource degraded, CancellationToken end)
    {
        await foreach (DeploymentView view in ResumedWatch.EventsAsync(
            context, () => ApiPaths.DeploymentWatch(name), ApiJsonContext.Default.DeploymentView, end))
        {
            Show(view);
            if (view.State == RolloutText.Complete)
            {
                return true;
            }

            if (RolloutText.IsStuck(view.State))
            {
                _seen = view;
                return false;
            }

            bool wasDegraded = _seen?.State == RolloutText.Degraded;
            bool isDegraded = view.State == RolloutText.Degraded;
            _seen = view;
            if (isDegraded != wasDegraded)
            {
                degraded.CancelAfter(isDegraded ? patience : Timeout.InfiniteTimeSpan);
            }
        }

        return false;
    }

    private void Show(DeploymentView view)
    {
        string line = context.IsJson ? Json.Write(view, Json.Line.DeploymentView)
            : HasBar ? RolloutText.Bar(_terminal, view)
            : RolloutText.Line(view);
        if (line == _shown)
        {
            return;
        }

        _shown = line;
        if (HasBar)
        {
            _terminal.Rewrite(line);
        }
        else
        {
            _terminal.Out.WriteLine(line);
        }
    }

    private async Task SayWhyAsync(bool degraded)
    {
        string why = _seen is not null && RolloutText.IsStuck(_seen.State)
            ? $"rollout of {name}: expected it to complete, found it {_seen.State}: {_seen.Rollout?.Reason}"
            : degraded
            ? $"rollout of {name}: expected it to complete, found it degraded for {Quantity.Duration(patience)}"
            : $"rollout of {name}: expected it to complete within {Quantity.Duration(timeout)}, found it {_seen?.State ?? "without a status"}";
        if (context.IsJson)
        {
            ProblemView problem = new(null, "rollout not complete", 0, why, null);
            await _terminal.Error.WriteLineAsync(Json.Write(problem, Json.Indented.ProblemView));
            return;
        }

        await _terminal.Error.WriteLineAsync($"{_terminal.Paint(Colour.Red, "error:")} {why}");
        foreach (string line in _seen is null ? [] : RolloutText.Problems(_seen))
        {
            await _terminal.Error.WriteLineAsync($"  {line}");
        }
    }
}
