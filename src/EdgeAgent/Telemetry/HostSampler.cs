using MicroVm.EdgeAgent.Interop;
using MicroVm.EdgeAgent.Observed;
using MicroVm.Shared.Contracts.Reported;
using MicroVm.Shared.Contracts.Telemetry;

namespace MicroVm.EdgeAgent.Telemetry;

/// <summary>Looks at the device.</summary>
internal sealed class HostSampler(ProcFileSystem proc, string dataDirectory, TimeProvider time)
{
    private CpuTimes? _before;

    /// <summary>One look; processor use is that since the look before.</summary>
    /// <exception cref="IOException">The kernel's files are not there or not of the form that proc(5) gives.</exception>
    internal HostSample Take()
    {
        CpuTimes cpu = CpuTimes.Parse(Read("stat")) ?? throw Unexpected("stat");
        MemoryInfo memory = ReadMemory();
        FileSystemSpace disk = Libc.SpaceOf(dataDirectory);
        HostSample sample = new(
            time.GetUtcNow().ToUnixTimeMilliseconds(),
            _before is CpuTimes before ? cpu.PermilleSince(before) : 0,
            memory.TotalBytes - memory.AvailableBytes,
            memory.TotalBytes,
            disk.UsedBytes,
            disk.TotalBytes,
            ReadUptimeSeconds(),
            proc.ReadOwnResidentBytes());
        _before = cpu;
        return sample;
    }

    /// <summary>What the device has.</summary>
    /// <exception cref="IOException">The kernel's files are not there or not of the form that proc(5) gives.</exception>
    internal DeviceCapacity ReadCapacity() =>
        new(Environment.ProcessorCount, ReadMemory().TotalBytes, Libc.SpaceOf(dataDirectory).TotalBytes);

    private static IOException Unexpected(string name) => new($"/proc/{name}: expected the form of proc(5), found another");

    /// <summary>How much memory the device has and could give.</summary>
    /// <exception cref="IOException">The kernel's file is not there or not of the form that proc(5) gives.</exception>
    internal MemoryInfo ReadMemory() => MemoryInfo.Parse(Read("meminfo")) ?? throw Unexpected("meminfo");

    private ulong ReadUptimeSeconds()
    {
        string text = Read("uptime");
        int end = text.IndexOfAny(['.', ' ']);
        return end > 0 && ulong.TryParse(text.AsSpan(0, end), out ulong seconds) ? seconds : throw Unexpected("uptime");
    }

    private string Read(string name) => proc.TryRead(name) ?? throw new IOException($"/proc/{name}: cannot be read");
}
