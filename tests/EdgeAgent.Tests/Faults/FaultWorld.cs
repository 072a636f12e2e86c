using System.Diagnostics;
using System.Net.Sockets;
using MicroVm.EdgeAgent.Cgroups;
using MicroVm.EdgeAgent.Configuration;
using MicroVm.EdgeAgent.Hosting;
using MicroVm.EdgeAgent.Images;
using MicroVm.EdgeAgent.Networks;
using MicroVm.EdgeAgent.Networks.Links;
using MicroVm.EdgeAgent.Observed;
using MicroVm.EdgeAgent.Store;
using MicroVm.EdgeAgent.Tests.Images;
using MicroVm.EdgeAgent.Tests.Mqtt;
using MicroVm.EdgeAgent.Tests.TestDoubles;
using MicroVm.EdgeAgent.Volumes;
using MicroVm.Shared.Contracts.Desired;
using MicroVm.Shared.Identity;
using Microsoft.Extensions.Logging.Abstractions;

namespace MicroVm.EdgeAgent.Tests.Faults;

/// <summary>A device with everything of it that outlives an agent: disk, processes, links and rules. Agents begin and end on it.</summary>
internal sealed class FaultWorld : IAsyncDisposable
{
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan s_look = TimeSpan.FromMilliseconds(20);

    private readonly TempDirectory _directory = new();
    private readonly FakeLinks _links = new() { HasGlobalIpv6 = true };
    private readonly FakeFirewall _firewall = new();
    private readonly FakeForwarding _forwarding = new();
    private readonly FaultGuests _guests;
    private readonly string[] _cgroups;
    private CancellationTokenSource? _stop;
    private Task<int> _running = Task.FromResult(0);

    internal FaultWorld(params string[] guests)
    {
        Options = TestOptions.In(_directory, Gateway.Port, Images.Port) with { Network = NetworkOptions.Default, CgroupParent = $"microvm-test-{Guid.NewGuid():n}" };
        _cgroups = [.. VmCgroups.Open(Options.CgroupParent, new ProcFileSystem(), NullLogger.Instance).Tree.Folders.Values.Distinct()];
        Directory.CreateDirectory(_directory["locks"]);
        // It says so when another of its VM runs at the same time; SIGKILL lets go of the lock.
        File.WriteAllText(Options.VmmPath, $"""
            #!/bin/sh
            trap 'exit 0' TERM
            while [ "$1" != --config-file ]; do shift; done
            dir=$(/usr/bin/dirname "$2")
            exec 9>"{_directory["locks"]}/$(/usr/bin/basename "$dir")"
            /usr/bin/flock -n 9 || echo "$dir" >>"{_directory["twice"]}"
            [ -p "$dir/wait" ] || /usr/bin/mkfifo "$dir/wait"
            exec 3<>"$dir/wait"
            read -r code <&3
            """);
        File.SetUnixFileMode(Options.VmmPath, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        _guests = new FaultGuests(Options, guests);
    }

    internal TestGateway Gateway { get; } = new();

    internal TestImageServer Images { get; } = new();

    internal AgentOptions Options { get; }

    internal FaultTrigger Trigger { get; } = new();

    /// <summary>A VMM that no agent knows of, as one that was killed right after its start leaves it.</summary>
    internal void StartOrphan(string vm)
    {
        string directory = Directory.CreateDirectory(Path.Combine(Options.RunDirectory, vm)).FullName;
        using Process orphan = Process.Start(new ProcessStartInfo(
            "/usr/bin/setsid", ["--fork", Options.VmmPath, "--config-file", Path.Combine(directory, "vm.json"), "--id", vm]))!;
        orphan.WaitForExit();
    }

    internal void StartAgent()
    {
        CancellationTokenSource stop = _stop = new CancellationTokenSource();
        _running = Task.Run(async () =>
        {
            Trigger.Enter();
            return await AgentProgram.RunDeviceAsync(
                Options, new HostNetwork(_links, _firewall, _forwarding), NullLoggerFactory.Instance, TextWriter.Null, stop.Token);
        });
    }

    /// <summary>Exit code of the agent that runs, when it ends by itself.</summary>
    internal Task<int> Exit => _running;

    /// <summary>Ends the agent's loops at once.</summary>
    internal void Kill() => _ = _stop!.CancelAsync();

    /// <summary>Waits for what is left of a killed agent, and closes its connections.</summary>
    internal async Task BuryAsync()
    {
        _guests.Disconnect();
        try
        {
            await Phase.Of("end of the killed agent", _running);
        }
        catch (Exception e) when (e is AgentKilledException or OperationCanceledException)
        {
            // What it died of.
        }

        LetGoOfSockets();
        _guests.Disconnect();
        _stop?.Dispose();
        _stop = null;
        Trigger.Disarm();
    }

    /// <summary>The kernel closes the sockets of a process that is killed; their files stay, and nobody listens.</summary>
    private void LetGoOfSockets()
    {
        foreach (string path in Directory.EnumerateFiles(Options.RunDirectory, "vsock_*", SearchOption.AllDirectories))
        {
            File.Delete(path);
            using Socket closed = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            closed.Bind(new UnixDomainSocketEndPoint(path));
        }
    }

    internal async Task StopAsync()
    {
        if (_stop is not null)
        {
            await _stop.CancelAsync();
            await BuryAsync();
        }
    }

    /// <summary>Waits until nothing is wrong any more; the limit only ends a test that hangs, and says what is.</summary>
    internal static async Task UntilNothingIsWrongAsync(string phase, Func<IEnumerable<string>> look, CancellationToken cancellation)
    {
        long began = Stopwatch.GetTimestamp();
        while (true)
        {
            string[] wrong = [.. look()];
            if (wrong.Length == 0)
            {
                return;
            }

            Assert.True(Stopwatch.GetElapsedTime(began) < s_limit, $"{phase}: {string.Join('\n', wrong)}");
            await Task.Delay(s_look, cancellation);
        }
    }

    /// <summary>Waits until the device has what it should have and nothing else.</summary>
    /// <param name="wanted">The VMs that should run.</param>
    /// <param name="volumes">Every volume and its size in MiB.</param>
    /// <param name="cancellation">The agent was killed.</param>
    internal async Task HasNothingButAsync(IReadOnlyList<VmSpec> wanted, IReadOnlyDictionary<string, int> volumes, CancellationToken cancellation)
    {
        await UntilNothingIsWrongAsync("device", () => Wrong(wanted, volumes), cancellation);
        Assert.False(File.Exists(_directory["twice"]), "a VM ran twice at the same time");
    }

    /// <summary>What a device that was wiped should not have.</summary>
    internal IEnumerable<string> WrongWhenWiped() =>
    [
        .. Differ("VMMs", [], _guests.Vmms().SelectMany(static vm => vm.Select(_ => vm.Key))),
        .. Differ("data directory", ["agent.lock", "decommissioned"], Names(Options.DataDirectory)),
        .. Differ("run directory", [], Names(Options.RunDirectory)),
        .. Differ("links", ["eth0", "lo"], _links.Names),
        .. _cgroups.SelectMany(place => Differ("cgroups", [], Directory.EnumerateDirectories(place).Select(static path => Path.GetFileName(path)!))),
        .. Differ("rules", [$"{false}"], [$"{_firewall.Rules is not null}"]),
        .. Differ("forwarding", [$"{false}"], [$"{_forwarding.IsOn}"]),
    ];

    public async ValueTask DisposeAsync()
    {
        Trigger.Disarm();
        await StopAsync();
        await _guests.DisposeAsync();
        foreach (int pid in _guests.Vmms().SelectMany(static pids => pids))
        {
            try
            {
                using Process vmm = Process.GetProcessById(pid);
                vmm.Kill();
            }
            catch (ArgumentException)
            {
                // It has ended by itself.
            }
        }

        await UntilNothingIsWrongAsync("cgroups", TryRemoveCgroups, CancellationToken.None);
        await Gateway.DisposeAsync();
        await Images.DisposeAsync();
        _directory.Dispose();
    }

    private IEnumerable<string> Wrong(IReadOnlyList<VmSpec> wanted, IReadOnlyDictionary<string, int> volumes)
    {
        string[] names = [.. wanted.Select(static spec => spec.Name.Value).Order(StringComparer.Ordinal)];
        using SqliteStore store = SqliteStore.Open(Path.Combine(Options.DataDirectory, "agent.db"));
        IReadOnlyList<VmLink> links = store.LoadLinks();
        string data = Options.DataDirectory;
        return
        [
            .. Differ("VMMs", names, _guests.Vmms().SelectMany(static vm => vm.Select(_ => vm.Key))),
            .. Differ("records", names, store.LoadVms().Select(static record => record.Name.Value)),
            .. Differ("addresses", names, links.Select(static link => link.Vm.Value)),
            .. Differ("run directory", [.. names, "agent.sock"], Names(Options.RunDirectory)),
            .. Differ("images", wanted.Select(static spec => spec.Image.Digest.Hex + ".squashfs").Distinct(), Names(Path.Combine(data, "images"))),
            .. Differ("volumes", volumes.Keys, Directory.Exists(Path.Combine(data, "volumes"))
                ? Directory.GetFiles(Path.Combine(data, "volumes"), "*", SearchOption.AllDirectories).Select(path => Path.GetRelativePath(Path.Combine(data, "volumes"), path))
                : []),
            .. volumes.SelectMany(pair => Differ(
                pair.Key, [$"{pair.Value} MiB"], [$"{Ext4Superblock.ReadFile(Path.Combine(data, "volumes", pair.Key))?.SizeBytes >> 20} MiB"])),
            .. Differ(
                "links", names.Length == 0 ? ["eth0", "lo"] : [.. links.Select(static link => link.Tap), HostLinks.BridgeName, "eth0", "lo"], _links.Names),
            .. _cgroups.SelectMany(place => Differ("cgroups", names, Directory.EnumerateDirectories(place).Select(static path => Path.GetFileName(path)!))),
            .. Differ("rules", [$"{names.Length > 0}"], [$"{_firewall.Rules is not null}"]),
            .. Differ("forwarding", [$"{names.Length > 0}"], [$"{_forwarding.IsOn}"]),
        ];
    }

    /// <summary>A process that was killed is in its cgroup for a moment longer.</summary>
    private IEnumerable<string> TryRemoveCgroups()
    {
        try
        {
            foreach (string place in _cgroups.Where(Directory.Exists))
            {
                foreach (string folder in Directory.EnumerateDirectories(place).Append(place))
                {
                    Directory.Delete(folder);
                }
            }

            return [];
        }
        catch (IOException e)
        {
            return [e.Message];
        }
    }

    private static IEnumerable<string> Names(string directory) => Directory.EnumerateFileSystemEntries(directory).Select(static path => Path.GetFileName(path)!);

    private static IEnumerable<string> Differ(string what, IEnumerable<string> expected, IEnumerable<string> found)
    {
        string should = string.Join(' ', expected.Order(StringComparer.Ordinal)), has = string.Join(' ', found.Order(StringComparer.Ordinal));
        return should == has ? [] : [$"{what}: expected '{should}', found '{has}'"];
    }
}
