using System.Globalization;
using System.Net.Sockets;
using System.Text;
using MicroVm.Benchmarks.Interop;
using MicroVm.Shared.Contracts.Desired;
using MicroVm.Shared.Identity;
using MicroVm.TestKit;

namespace MicroVm.Benchmarks.Agent;

/// <summary>The release binary of the agent in a folder of its own, with programs in the place of VMMs that do nothing.</summary>
internal sealed class AgentUnderTest : IDisposable
{
    /// <summary>Clock ticks of a second in <c>/proc/PID/stat</c> (USER_HZ, 100 on every Linux that runs here).</summary>
    private const double TicksPerSecond = 100;

    private readonly string _folder;
    private readonly int _pid;

    private AgentUnderTest(string folder, int pid) => (_folder, _pid) = (folder, pid);

    /// <summary>An image that is there already, so that nothing has to be fetched.</summary>
    internal static ImageReference Image { get; } = new(Digest.Of("an image"u8), (ulong)"an image"u8.Length, "bench:1");

    /// <summary>Resident memory in KiB.</summary>
    internal double ResidentKib => ResidentKibOf(_pid);

    /// <summary>Most that was resident at any time, in KiB.</summary>
    internal double PeakKib => StatusKib(_pid, "VmHWM:");

    /// <summary>Processor time that it has used, in seconds.</summary>
    internal double CpuSeconds
    {
        get
        {
            string[] fields = File.ReadAllText($"/proc/{_pid}/stat").Split(") ", 2)[1].Split(' ');
            return (double.Parse(fields[11], CultureInfo.InvariantCulture) + double.Parse(fields[12], CultureInfo.InvariantCulture)) / TicksPerSecond;
        }
    }

    /// <summary>Starts it.</summary>
    internal static AgentUnderTest Start(string agent, string folder, DeviceId device, int mqttPort)
    {
        string data = Path.Combine(folder, "data");
        TestFleet.Shared.Install(data, device);
        string vmm = Path.Combine(folder, "vmm");
        File.WriteAllText(vmm, "#!/bin/sh\nexec sleep 100000\n");
        File.SetUnixFileMode(vmm, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        string config = Path.Combine(folder, "agent.json");
        File.WriteAllText(
            config,
            $$"""
            {"deviceId":"{{device}}","controlPlane":{"apiUrl":"https://127.0.0.1:1","mqttHost":"127.0.0.1","mqttPort":{{mqttPort}}},
            "vmmPath":"{{vmm}}","kernelPath":"{{vmm}}","initrdPath":"{{vmm}}","network":{"enabled":false},
            "dataDirectory":"{{data}}","runDirectory":"{{Path.Combine(folder, "run")}}","logLevel":"Warning"}
            """);
        return new AgentUnderTest(folder, ChildProcess.Start([agent, "--config", config]));
    }

    /// <summary>Has the image there, as if it had been fetched; the start of the agent removes what is not desired.</summary>
    internal void PlaceImage() => File.WriteAllBytes(Path.Combine(_folder, "data", "images", Image.Digest.Hex + ".squashfs"), "an image"u8);

    /// <summary>Where a VM's guest finds the agent.</summary>
    internal string ChannelOf(ResourceName vm) => Path.Combine(_folder, "run", vm.Value, $"vsock_{Shared.Contracts.Guest.GuestChannel.Port}");

    /// <summary>Where a VM's workload writes metrics.</summary>
    internal string MetricsOf(ResourceName vm) => Path.Combine(_folder, "run", vm.Value, "vsock_1026");

    /// <summary>Asks on the local socket.</summary>
    /// <returns>The answer's lines.</returns>
    internal async Task<string> AskAsync(string line)
    {
        using Socket socket = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await socket.ConnectAsync(new UnixDomainSocketEndPoint(Path.Combine(_folder, "run", "agent.sock")));
        await socket.SendAsync(Encoding.UTF8.GetBytes(line + "\n"));
        using StreamReader answer = new(new NetworkStream(socket));
        return await answer.ReadToEndAsync();
    }

    /// <summary>What its memory is, by kind of mapping, largest first.</summary>
    internal IReadOnlyList<string> Mappings()
    {
        Dictionary<string, long> kinds = [];
        string kind = "";
        foreach (string line in File.ReadLines($"/proc/{_pid}/smaps"))
        {
            string[] fields = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            if (!fields[0].EndsWith(':'))
            {
                kind = fields.Length > 5 ? Path.GetFileName(fields[5]) : "anonymous";
            }
            else if (fields[0] == "Rss:")
            {
                kinds[kind] = kinds.GetValueOrDefault(kind) + long.Parse(fields[1], CultureInfo.InvariantCulture);
            }
        }

        return [.. kinds.Where(static pair => pair.Value > 0).OrderByDescending(static pair => pair.Value).Select(static pair => $"{pair.Key} {pair.Value}")];
    }

    public void Dispose()
    {
        ChildProcess.Kill(_pid);
        foreach (string directory in Directory.EnumerateDirectories("/proc"))
        {
            if (int.TryParse(Path.GetFileName(directory), CultureInfo.InvariantCulture, out int pid) && IsStandIn(directory))
            {
                ChildProcess.Kill(pid);
            }
        }
    }

    /// <summary>True for a process that sleeps in a VMM's place: its standard error is a file of this folder.</summary>
    private bool IsStandIn(string process)
    {
        try
        {
            return File.ResolveLinkTarget(Path.Combine(process, "fd", "2"), returnFinalTarget: false)?.FullName.StartsWith(_folder, StringComparison.Ordinal) ?? false;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    /// <summary>Resident memory of a process in KiB (<c>VmRSS</c> of proc_pid_status(5)).</summary>
    internal static double ResidentKibOf(int pid) => StatusKib(pid, "VmRSS:");

    private static double StatusKib(int pid, string field)
    {
        string line = File.ReadLines($"/proc/{pid}/status").First(line => line.StartsWith(field, StringComparison.Ordinal));
        return double.Parse(line[field.Length..^"kB".Length], CultureInfo.InvariantCulture);
    }
}
