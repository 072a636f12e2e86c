using MicroVm.EdgeAgent.Observed;
using MicroVm.EdgeAgent.Vms;
using MicroVm.Shared.Contracts.Guest;
using MicroVm.Shared.Contracts.Telemetry;

namespace MicroVm.EdgeAgent.Telemetry;

/// <summary>Looks at the VMM processes.</summary>
internal sealed class VmSampler(ProcFileSystem proc, VmTable table, TimeProvider time)
{
    // USER_HZ: fixed at 100 in the Linux ABI of x86_64 and aarch64.
    private const double TicksPerSecond = 100;

    private readonly Dictionary<Guid, (ulong Ticks, long At)> _before = [];

    /// <summary>One look at every VM; processor use is that since the look before.</summary>
    internal IReadOnlyList<VmSample> Take()
    {
        List<VmSample> samples = [];
        HashSet<Guid> seen = [];
        foreach (VmEntry entry in table.All())
        {
            if (entry.Record is not VmRecord record)
            {
                continue;
            }

            (int cpu, ulong resident) = (0, 0);
            if (entry.Instance is VmInstance instance)
            {
                seen.Add(instance.Run.Id);
                cpu = MeasureCpu(instance);
                resident = proc.ReadResidentBytes(instance.Process.Pid);
            }

            VmSample sample = new(time.GetUtcNow().ToUnixTimeMilliseconds(), entry.Name, cpu, resident, record.Phase)
            {
                ErrorLines = entry.TakeErrorLines(),
            };
            samples.Add(entry is { Instance: not null, Metrics: GuestMetrics metrics } ? WithMetrics(sample, metrics) : sample);
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
