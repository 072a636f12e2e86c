using Microsoft.Extensions.Logging;
using MicroVm.EdgeAgent.Diagnostics;

namespace MicroVm.EdgeAgent.Hosting;

/// <summary>Runs the agent's loops until it stops. One that throws is logged and begun again: the others and the VMs go on.</summary>
internal sealed class LoopSupervisor(TimeProvider time, ILogger logger)
{
    private static readonly TimeSpan s_pause = TimeSpan.FromSeconds(5);

    private readonly List<Task> _loops = [];

    /// <summary>Begins a loop.</summary>
    internal void Start(string name, Func<CancellationToken, Task> loop, CancellationToken cancellation) =>
        _loops.Add(Task.Run(() => RunAsync(name, loop, cancellation), CancellationToken.None));

    /// <summary>Completes when every loop has ended after the cancellation.</summary>
    internal Task WhenStopped() => Task.WhenAll(_loops);

    private async Task RunAsync(string name, Func<CancellationToken, Task> loop, CancellationToken cancellation)
    {
        while (!cancellation.IsCancellationRequested)
        {
            try
            {
                await loop(cancellation);
            }
            catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e)
            {
                Log.LoopFaulted(logger, name, e.GetType().Name, e.Message, s_pause.TotalSeconds);
                await Task.Delay(s_pause, time, cancellation).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }
}
