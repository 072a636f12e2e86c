using Microsoft.Extensions.Logging;
using MicroVm.EdgeAgent.Diagnostics;
using MicroVm.EdgeAgent.Store;
using MicroVm.Shared.Contracts.Guest;
using MicroVm.Shared.Contracts.Sessions;
using MicroVm.Shared.Identity;

namespace MicroVm.EdgeAgent.Logs;

/// <summary>
/// The logs of all VMs, each in a directory of its own. A guest is told that a line is kept when it is written: then it outlives the
/// agent, and a power cut that could still take it takes the guest's memory as well. What was written is synchronised every few
/// seconds, when somebody reads it, and when a VM is let go.
/// </summary>
internal sealed class LogStore : IDisposable
{
    /// <summary>Lines after which a guest is told at once.</summary>
    internal const int LinesUntold = 32;

    private static readonly TimeSpan s_untold = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan s_syncPeriod = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan s_agePeriod = TimeSpan.FromHours(1);

    private readonly string _directory;
    private readonly LogLimits _limits;
    private readonly AgentCounters _counters;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly Lock _lock = new();
    private readonly Dictionary<ResourceName, LogRing> _rings = [];
    private readonly HashSet<LogSource> _untold = [];
    private readonly ITimer _timer;

    internal LogStore(string directory, LogLimits limits, AgentCounters counters, TimeProvider time, ILogger logger)
    {
        (_directory, _limits, _counters, _time, _logger) = (directory, limits, counters, time, logger);
        _timer = time.CreateTimer(_ => TellAll(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Keeps a line.</summary>
    /// <param name="source">Where it comes from.</param>
    /// <param name="line">The line; its text is not too long.</param>
    /// <param name="isNew">False for a repeat.</param>
    /// <returns>The last kept line when the guest is to be told of it now; else null.</returns>
    /// <exception cref="StoreException">It could not be kept.</exception>
    internal ulong? Take(LogSource source, GuestLogLine line, out bool isNew)
    {
        isNew = Open(source.Vm).Append(source.RunId, line, out ulong lost);
        if (lost > 0)
        {
            _counters.DroppedLogLines.Increment((long)lost);
        }

        lock (_lock)
        {
            source.Kept = Math.Max(source.Kept, line.Sequence);
            if (++source.Untold >= LinesUntold || !isNew)
            {
                source.Untold = 0;
                _untold.Remove(source);
                return source.Kept;
            }

            if (_untold.Add(source) && _untold.Count == 1)
            {
                _timer.Change(s_untold, Timeout.InfiniteTimeSpan);
            }

            return null;
        }
    }

    /// <summary>A VM's log, made when there is none.</summary>
    /// <exception cref="StoreException">It cannot be opened.</exception>
    internal LogRing Open(ResourceName vm)
    {
        lock (_lock)
        {
            if (!_rings.TryGetValue(vm, out LogRing? ring))
            {
                _rings.Add(vm, ring = LogRing.Open(Path.Combine(_directory, vm.Value), _limits));
            }

            return ring;
        }
    }

    /// <summary>A VM's log; null when there is none.</summary>
    /// <exception cref="StoreException">It cannot be opened.</exception>
    internal LogRing? Find(ResourceName vm) => Directory.Exists(Path.Combine(_directory, vm.Value)) ? Open(vm) : null;

    /// <summary>The newest lines of a VM, oldest first; none when they cannot be read.</summary>
    internal IReadOnlyList<SessionLogEntry> Last(ResourceName vm, int count)
    {
        try
        {
            return Find(vm)?.Last(count) ?? [];
        }
        catch (StoreException e)
        {
            Log.LogFailed(_logger, vm.Value, e.Message);
            return [];
        }
    }

    /// <summary>A VM has stopped or is removed: what it wrote is on the disk when this returns.</summary>
    internal void Release(ResourceName vm)
    {
        LogRing? ring;
        lock (_lock)
        {
            ring = _rings.GetValueOrDefault(vm);
        }

        Try(vm, () => ring?.Release());
    }

    /// <summary>Synchronises, and deletes what is too old, until cancelled.</summary>
    /// <param name="isKnown">Whether the device has a VM: the log of one that it has is never deleted whole.</param>
    /// <param name="cancellation">Ends it.</param>
    internal async Task RunAsync(Func<ResourceName, bool> isKnown, CancellationToken cancellation)
    {
        long aged = _time.GetTimestamp();
        Age(isKnown);
        while (true)
        {
            await Task.Delay(s_syncPeriod, _time, cancellation);
            foreach ((ResourceName vm, LogRing ring) in Rings())
            {
                Try(vm, () => ring.Sync());
            }

            if (_time.GetElapsedTime(aged) >= s_agePeriod)
            {
                aged = _time.GetTimestamp();
                Age(isKnown);
            }
        }
    }

    /// <summary>Deletes what is too old now, and the logs of VMs that are gone when nothing is left of them.</summary>
    internal void Age(Func<ResourceName, bool> isKnown)
    {
        if (!Directory.Exists(_directory))
        {
            return;
        }

        foreach (string path in Directory.EnumerateDirectories(_directory))
        {
            if (!ResourceName.TryParse(Path.GetFileName(path), out ResourceName vm))
            {
                continue;
            }

            Try(vm, () =>
            {
                LogRing ring = Open(vm);
                bool isEmpty = ring.Age(_time.GetUtcNow());
                if (isKnown(vm))
                {
                    return;
                }

                ring.Release();
                if (isEmpty)
                {
                    lock (_lock)
                    {
                        _rings.Remove(vm);
                    }

                    ring.Delete();
                }
            });
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _timer.Dispose();
        foreach ((_, LogRing ring) in Rings())
        {
            ring.Dispose();
        }
    }

    private (ResourceName Vm, LogRing Ring)[] Rings()
    {
        lock (_lock)
        {
            return [.. _rings.Select(static pair => (pair.Key, pair.Value))];
        }
    }

    private void TellAll()
    {
        (LogSource Source, ulong Kept)[] told;
        lock (_lock)
        {
            told = [.. _untold.Select(static source => (source, source.Kept))];
            foreach ((LogSource source, _) in told)
            {
                source.Untold = 0;
            }

            _untold.Clear();
        }

        foreach ((LogSource source, ulong kept) in told)
        {
            source.Acknowledge?.Invoke(kept);
        }
    }

    private void Try(ResourceName vm, Action act)
    {
        try
        {
            act();
        }
        catch (StoreException e)
        {
            _counters.StoreFaults.Increment();
            Log.LogFailed(_logger, vm.Value, e.Message);
        }
    }
}
