using MicroVm.EdgeAgent.Interop;
using MicroVm.EdgeAgent.Observed;
using MicroVm.EdgeAgent.Planning;
using MicroVm.EdgeAgent.Telemetry.Clocks;
using MicroVm.Shared.Contracts.Reported;
using MicroVm.Shared.Contracts.Telemetry;

namespace MicroVm.EdgeAgent.Telemetry;

/// <summary>Looks at the device.</summary>
internal sealed class HostSampler(ProcFileSystem proc, string dataDirectory)
{
    private readonly Thermometer _thermometer = new();
    private readonly OwnLinks _links = new();
    private List<CpuTimes> _cores = [], _coresBefore = [];
    private CpuTimes? _before;

    /// <summary>Where the kernel says what is so.</summary>
    internal ProcFileSystem Proc => proc;

    /// <summary>One look; processor use is that since the look before.</summary>
    /// <param name="now">The clocks.</param>
    /// <param name="network">Bytes of every link.</param>
    /// <exception cref="IOException">The kernel's files are not there or not of the form that proc(5) gives.</exception>
    internal HostSample Take(ClockReading now, NetworkCounters network)
    {
        string stat = Read("stat");
        CpuTimes cpu = CpuTimes.Parse(stat) ?? throw Unexpected("stat");
        MemoryInfo memory = ReadMemory();
        FileSystemSpace disk = Libc.SpaceOf(dataDirectory);
        (ulong received, ulong sent) = _links.Sum(network);
        HostSample sample = new(
            now.UnixMs,
            _before is CpuTimes before ? cpu.PermilleSince(before) : 0,
            memory.TotalBytes - memory.AvailableBytes,
            memory.TotalBytes,
            disk.UsedBytes,
            disk.TotalBytes,
            ReadUptimeSeconds(),
            proc.ReadOwnResidentBytes())
        {
            CoreCpuPermille = TakeCores(stat),
            Pressure = ReadPressure(),
            TemperatureMilliCelsius = _thermometer.Read(),
            NetworkReceivedBytes = received,
            NetworkSentBytes = sent,
            Clock = now.Quality,
        };
        _before = cpu;
        return sample;
    }

    /// <summary>Empty at the first look, and when a processor was switched on or off since the look before.</summary>
    private int[] TakeCores(string stat)
    {
        (_cores, _coresBefore) = (_coresBefore, _cores);
        CpuTimes.ParseCores(stat, _cores);
        if (_cores.Count != _coresBefore.Count)
        {
            return [];
        }

        int[] use = new int[_cores.Count];
        for (int i = 0; i < use.Length; i++)
        {
            use[i] = _cores[i].PermilleSince(_coresBefore[i]);
        }

        return use;
    }

    private PressureSample ReadPressure()
    {
        PressureReading cpu = ReadPressure("cpu"), memory = ReadPressure("memory"), io = ReadPressure("io");
        return new PressureSample(cpu.Some, memory.Some, memory.Full, io.Some, io.Full);
    }

    private PressureReading ReadPressure(string resource) => PressureReading.Parse(proc.TryRead($"pressure/{resource}") ?? "") ?? default;

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
