using System.Threading.Channels;
using MicroVm.Shared.Contracts.Telemetry;
using MicroVm.Shared.Identity;

namespace MicroVm.EdgeAgent.Local;

/// <summary>The last lines of each VM's workload, in memory only, and whoever wants those to come.</summary>
internal sealed class RecentLines
{
    /// <summary>Most characters that are kept of a VM.</summary>
    internal const int KeptCharacters = 32 << 10;

    private const int MostVms = 64;
    private const int WaitingLines = 256;

    private readonly Lock _lock = new();
    private readonly Dictionary<ResourceName, VmLines> _vms = [];

    /// <summary>A line has come. Never waits: who follows too slowly misses lines.</summary>
    internal void Add(LogLine line)
    {
        lock (_lock)
        {
            VmLines lines = LinesOf(line.Vm);
            lines.Kept.Enqueue(line);
            lines.Characters += line.Text.Length;
            while (lines.Kept.Count > LocalRequest.MaxTail || lines.Characters > KeptCharacters)
            {
                lines.Characters -= lines.Kept.Dequeue().Text.Length;
            }

            foreach (Channel<LogLine> follower in lines.Followers)
            {
                follower.Writer.TryWrite(line);
            }
        }
    }

    /// <summary>At most <paramref name="count"/> lines of the past, oldest first.</summary>
    internal IReadOnlyList<LogLine> Last(ResourceName vm, int count)
    {
        lock (_lock)
        {
            return _vms.TryGetValue(vm, out VmLines? lines) ? [.. lines.Kept.TakeLast(count)] : [];
        }
    }

    /// <summary>Lines of the past and then those to come, until cancelled.</summary>
    internal async IAsyncEnumerable<LogLine> FollowAsync(
        ResourceName vm, int count, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellation)
    {
        Channel<LogLine> channel = Channel.CreateBounded<LogLine>(
            new BoundedChannelOptions(WaitingLines) { FullMode = BoundedChannelFullMode.DropOldest, SingleReader = true });
        LogLine[] past;
        VmLines lines;
        lock (_lock)
        {
            lines = LinesOf(vm);
            past = [.. lines.Kept.TakeLast(count)];
            lines.Followers.Add(channel);
        }

        try
        {
            foreach (LogLine line in past)
            {
                yield return line;
            }

            await foreach (LogLine line in channel.Reader.ReadAllAsync(cancellation))
            {
                yield return line;
            }
        }
        finally
        {
            lock (_lock)
            {
                lines.Followers.Remove(channel);
            }
        }
    }

    /// <summary>The VM's lines. A device has few VMs; one that has had many forgets those of any that nobody follows.</summary>
    private VmLines LinesOf(ResourceName vm)
    {
        if (!_vms.TryGetValue(vm, out VmLines? lines))
        {
            if (_vms.Count >= MostVms)
            {
                _vms.Remove(_vms.FirstOrDefault(static pair => pair.Value.Followers.Count == 0).Key);
            }

            _vms.Add(vm, lines = new VmLines());
        }

        return lines;
    }

    private sealed class VmLines
    {
        internal Queue<LogLine> Kept { get; } = new();

        internal int Characters { get; set; }

        internal List<Channel<LogLine>> Followers { get; } = [];
    }
}
