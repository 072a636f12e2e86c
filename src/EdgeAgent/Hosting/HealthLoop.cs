using Microsoft.Extensions.Logging;
using MicroVm.EdgeAgent.Diagnostics;
using MicroVm.EdgeAgent.Store;

namespace MicroVm.EdgeAgent.Hosting;

/// <summary>
/// Proves every few seconds that the agent does its work: the queue gets to a key, and the store answers. Only then does the
/// service manager hear that the agent is alive.
/// </summary>
/// <param name="prove">Completes when the queue has got to a key.</param>
/// <param name="store">The store.</param>
/// <param name="notifier">Who is told.</param>
/// <param name="watchdog">Longest time that the service manager waits; null when it does not.</param>
/// <param name="time">Clock.</param>
/// <param name="logger">Log.</param>
internal sealed class HealthLoop(Func<Task> prove, IAgentStore store, ServiceNotifier notifier, TimeSpan? watchdog, TimeProvider time, ILogger logger)
{
    private static readonly TimeSpan s_longestPeriod = TimeSpan.FromSeconds(10);

    private readonly TimeSpan _period = watchdog is TimeSpan limit && limit / 3 < s_longestPeriod ? limit / 3 : s_longestPeriod;
    private Task _answer = Task.CompletedTask;
    private long _provenAt;

    /// <summary>It was proven not long ago.</summary>
    internal bool IsAlive => Interlocked.Read(ref _provenAt) is not 0 and long at && time.GetElapsedTime(at) < _period * 3;

    /// <summary>Proves for ever, until cancelled.</summary>
    internal async Task RunAsync(CancellationToken cancellation)
    {
        while (true)
        {
            if (await ProveAsync(cancellation))
            {
                Interlocked.Exchange(ref _provenAt, time.GetTimestamp());
                notifier.Tell(ServiceNotifier.Watchdog);
            }

            await Task.Delay(_period, time, cancellation);
        }
    }

    private async Task<bool> ProveAsync(CancellationToken cancellation)
    {
        try
        {
            // The store has one lock: who waits for it here waits for whatever hangs in it. One is enough: each takes a thread.
            _answer = _answer.IsCompleted ? Task.Run(() => store.LoadSetting("health"), CancellationToken.None) : _answer;
            await Task.WhenAll(_answer, prove()).WaitAsync(_period, time, cancellation);
            return true;
        }
        catch (TimeoutException)
        {
            Log.NotAlive(logger, $"expected the store and a worker to answer within {_period.TotalSeconds:0.#} s, found neither or one");
            return false;
        }
        catch (StoreException e)
        {
            Log.NotAlive(logger, e.Message);
            return false;
        }
    }
}
