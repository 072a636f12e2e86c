using MicroVm.Shared.Codecs;
using MicroVm.Shared.Contracts.Telemetry;
using MicroVm.Shared.Identity;

namespace MicroVm.EdgeAgent.Reporting;

/// <summary>
/// Says what happened. One kind of event about one VM is said at most once in <see cref="Quiet"/>; the next one of it tells
/// how many were not said, so that a probe that flickers does not fill the spool.
/// </summary>
internal sealed class EventLog(Action<DeviceEvent> sink, TimeProvider time)
{
    /// <summary>Time between two of a kind.</summary>
    internal static readonly TimeSpan Quiet = TimeSpan.FromSeconds(10);

    private const int MostKinds = 1024, MostRecent = 64;

    private readonly Lock _lock = new();
    private readonly Dictionary<(ResourceName?, string), (long At, int Unsaid)> _kinds = [];
    private readonly Queue<DeviceEvent> _recent = new();

    /// <summary>Says that something happened.</summary>
    /// <param name="vm">The VM that it is about; null for the device.</param>
    /// <param name="isWarning">Somebody may have to do something.</param>
    /// <param name="reason">One word in CamelCase.</param>
    /// <param name="message">One line; what is too long is cut.</param>
    internal void Add(ResourceName? vm, bool isWarning, string reason, string message)
    {
        if (Admit(vm, reason) is not int unsaid)
        {
            return;
        }

        string text = unsaid == 0 ? message : $"{message} (and {unsaid} like it before)";
        DeviceEvent happened = new(
            time.GetUtcNow().ToUnixTimeMilliseconds(),
            vm,
            isWarning,
            reason,
            ShortText.Of(text, DeviceEvent.MaxMessageCharacters));
        lock (_lock)
        {
            if (_recent.Count == MostRecent)
            {
                _recent.Dequeue();
            }

            _recent.Enqueue(happened);
        }

        sink(happened);
    }

    /// <summary>The last that were said since the agent started, oldest first; for whoever stands at the device.</summary>
    internal IReadOnlyList<DeviceEvent> Recent()
    {
        lock (_lock)
        {
            return [.. _recent];
        }
    }

    /// <summary>How many of the kind were not said since the last; null when this one is not said either.</summary>
    private int? Admit(ResourceName? vm, string reason)
    {
        long now = time.GetTimestamp();
        lock (_lock)
        {
            bool known = _kinds.TryGetValue((vm, reason), out (long At, int Unsaid) last);
            if (known && time.GetElapsedTime(last.At, now) < Quiet)
            {
                _kinds[(vm, reason)] = (last.At, last.Unsaid + 1);
                return null;
            }

            if (_kinds.Count >= MostKinds)
            {
                _kinds.Clear();
            }

            _kinds[(vm, reason)] = (now, 0);
            return known ? last.Unsaid : 0;
        }
    }
}
