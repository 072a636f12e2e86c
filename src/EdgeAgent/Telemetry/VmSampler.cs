using MicroVm.EdgeAgent.Observed;
using MicroVm.EdgeAgent.Telemetry.Clocks;
using MicroVm.EdgeAgent.Vms;
using MicroVm.Shared.Contracts.Guest;
using MicroVm.Shared.Contracts.Telemetry;
using MicroVm.Shared.Identity;

namespace MicroVm.EdgeAgent.Telemetry;

/// <summary>Looks at the VMM processes.</summary>
/// <param name="proc">Where they are found.</param>
/// <param name="table">The VMs.</param>
/// <param name="tapOf">Name of a VM's tap; null when it has no network.</param>
/// <param name="time">What passes between two looks.</param>
internal sealed class VmSampler(ProcFileSystem proc, VmTable table, Func<ResourceName, string?> tapOf, TimeProvider time)
{
    // USER_HZ: fixed at 100 in the Linux ABI of x86_64 and aarch64.
    private const double TicksPerSecond = 100;

    private readonly Dictionary<Guid, (ulong Ticks, long At)> _before = [];
    private readonly KvmCounters _kvm = new();

    /// <summary>One look at every VM; processor use is that since the look before.</summary>
    /// <param name="now">The clocks.</param>
    /// <param name="network">Bytes of every link.</param>
    internal IReadOnlyList<VmSample> Take(ClockReading now, NetworkCounters network)
    {
        List<VmSample> samples = [];
        HashSet<Guid> seen = [];
        foreach (VmEntry entry in table.All())
        {
            if (entry.Record is not VmRecord record)
            {
                continue;
            }

            VmInstance? instance = entry.Instance;
            VmSample sample = new(
                now.UnixMs, entry.Name, instance is null ? 0 : MeasureCpu(instance), instance is null ? 0 : proc.ReadResidentBytes(instance.Process.Pid), record.Phase)
            {
                ErrorLines = entry.TakeErrorLines(),
                Restarts = record.Restarts,
            };
            if (instance is null)
            {
                samples.Add(sample);
                continue;
            }

            seen.Add(instance.Run.Id);
            sample = WithIo(sample, instance, network) with { BalloonMib = BalloonOf(instance.Memory, record.Spec.MemoryMib) };
            samples.Add(entry.Metrics is GuestMetrics metrics ? WithMetrics(sample, metrics) : sample);
        }

        foreach (Guid gone in _before.Keys.Where(run => !seen.Contains(run)).ToList())
        {
            _before.Remove(gone);
        }

        return samples;
    }

    private static VmSample WithMetrics(VmSample sample, GuestMetrics metrics) => sample with
    {
        GuestMemoryBytes = metrics.MemoryTotalBytes,
        GuestAvailableBytes = metrics.MemoryAvailableBytes,
        GuestLoadPermille = metrics.LoadPermille,
        VolumeBytes = metrics.DiskTotalBytes,
        VolumeUsedBytes = metrics.DiskUsedBytes,
    };

    private static int BalloonOf(VmMemory memory, int mostMib) => memory.BalloonWorks ? Math.Max(0, mostMib - memory.HeldMib) : 0;

    /// <summary>What the tap sends the guest receives.</summary>
    private VmSample WithIo(VmSample sample, VmInstance instance, NetworkCounters network)
    {
        ProcessIo io = proc.ReadIo(instance.Process.Pid);
        (ulong Received, ulong Sent) tap = tapOf(sample.Name) is string link ? network.Links.GetValueOrDefault(link) : default;
        return sample with
        {
            BlockReadBytes = io.ReadBytes,
            BlockWrittenBytes = io.WrittenBytes,
            NetworkReceivedBytes = tap.Sent,
            NetworkSentBytes = tap.Received,
            Exits = _kvm.ReadExits(instance.Process.Pid),
        };
    }

    private int MeasureCpu(VmInstance instance)
    {
        if (proc.ReadStat(instance.Process.Pid) is not ProcessStat stat)
        {
            return 0;
        }

        long now = time.GetTimestamp();
        bool known = _before.TryGetValue(instance.Run.Id, out (ulong Ticks, long At) before);
        _before[instance.Run.Id] = (stat.CpuTicks, now);
        double seconds = known ? time.GetElapsedTime(before.At, now).TotalSeconds : 0;
        return seconds <= 0 || stat.CpuTicks < before.Ticks ? 0 : (int)((stat.CpuTicks - before.Ticks) / TicksPerSecond / seconds * 1000);
    }
}
