using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;
using MicroVm.TestKit.Interop;

namespace MicroVm.TestKit;

/// <summary>
/// A virtual device (<c>deploy/virtual-device/</c>) that a test boots, acts on, cuts the power of and boots again with the same
/// disk. Every wait is for an event and names its phase when it takes too long.
/// </summary>
public sealed class VirtualDevice : IAsyncDisposable
{
    private static readonly TimeSpan s_startLimit = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan s_commandLimit = TimeSpan.FromSeconds(120);

    private VirtualDeviceOptions _options;
    private readonly string _work;
    private readonly List<Task> _reading = [];
    private Process? _script;
    private ControlPort? _control;
    private int _boots;

    /// <summary>Makes a device that is switched off and has an empty disk.</summary>
    public VirtualDevice(VirtualDeviceOptions options)
    {
        _options = options;
        // Sockets need a short path; logs are moved to the results when a boot is over.
        _work = Directory.CreateTempSubdirectory("mvm-device-").FullName;
    }

    /// <summary>The device's console, of this boot.</summary>
    public LineLog Console { get; private set; } = new("console");

    /// <summary>The agent's log, of this boot.</summary>
    public LineLog AgentLog { get; private set; } = new("agent log");

    /// <summary>Makes and boots a device.</summary>
    public static async Task<VirtualDevice> StartAsync(VirtualDeviceOptions options)
    {
        VirtualDevice device = new(options);
        try
        {
            await device.BootAsync().ConfigureAwait(false);
            return device;
        }
        catch
        {
            await device.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Switches on, and returns when commands can be run; the agent is starting then.</summary>
    /// <exception cref="PhaseTimeoutException">A phase of the boot took too long.</exception>
    public async Task BootAsync()
    {
        if (_script is not null)
        {
            throw new InvalidOperationException("the device is switched on");
        }

        _boots++;
        Console = new LineLog("console");
        AgentLog = new LineLog("agent log");
        LineLog script = new("run.sh");
        _script = StartScript();
        _reading.Add(script.ReadAsync(_script.StandardOutput.BaseStream));
        await script.WaitForAsync(": started", s_startLimit).ConfigureAwait(false);
        await FollowAsync(Console, "console.sock").ConfigureAwait(false);
        await FollowAsync(AgentLog, "agent.sock").ConfigureAwait(false);
        _control = await ControlPort.ConnectAsync(Path.Combine(_work, "control.sock"), _options.BootLimit).ConfigureAwait(false);
    }

    /// <summary>Switches on as another device with the same disk, such as one whose clock is wrong, and returns when commands can be run.</summary>
    public Task BootAsync(Func<VirtualDeviceOptions, VirtualDeviceOptions> adjust)
    {
        _options = adjust(_options);
        return BootAsync();
    }

    /// <summary>Runs a shell command on the device.</summary>
    public Task<CommandResult> RunAsync(string command, TimeSpan? limit = null) =>
        (_control ?? throw new InvalidOperationException("the device is switched off")).RunAsync(command, limit ?? s_commandLimit);

    /// <summary>Process id of the running agent.</summary>
    public async Task<int> AgentPidAsync() =>
        int.Parse((await RunAsync("pidof microvm-agent").ConfigureAwait(false)).Succeeded(), CultureInfo.InvariantCulture);

    /// <summary>Process ids of the running VMMs, ascending.</summary>
    public async Task<IReadOnlyList<int>> VmmPidsAsync()
    {
        CommandResult result = await RunAsync("pidof microvm-vmm").ConfigureAwait(false);
        return [.. result.Output.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)
            .Select(text => int.Parse(text, CultureInfo.InvariantCulture)).Order()];
    }

    /// <summary>Kills the agent with SIGKILL; the device starts it again after a second.</summary>
    public async Task KillAgentAsync() =>
        (await RunAsync("kill -KILL $(pidof microvm-agent)").ConfigureAwait(false)).Succeeded();

    /// <summary>Cuts the power.</summary>
    public async Task KillAsync()
    {
        if (_script is not null)
        {
            string pidFile = Path.Combine(_work, "qemu.pid");
            if (File.Exists(pidFile) && int.TryParse((await File.ReadAllTextAsync(pidFile).ConfigureAwait(false)).Trim(), out int pid))
            {
                _ = Libc.kill(pid, Libc.SigKill);
            }

            await FinishAsync("power cut").ConfigureAwait(false);
        }
    }

    /// <summary>Powers off in an orderly way: agent, VMs, disk.</summary>
    public async Task PowerOffAsync()
    {
        if (_script is not null)
        {
            // The power button; run.sh cuts the power itself when the device does not follow.
            _ = Libc.kill(_script.Id, Libc.SigTerm);
            await FinishAsync("power-off").ConfigureAwait(false);
        }
    }

    /// <summary>Cuts the power and removes the disk.</summary>
    public async ValueTask DisposeAsync()
    {
        await KillAsync().ConfigureAwait(false);
        Directory.Delete(_work, recursive: true);
    }

    private Process StartScript()
    {
        ProcessStartInfo start = new("bash") { RedirectStandardInput = true, RedirectStandardOutput = true };
        foreach (string argument in (IEnumerable<string>)
        [
            Artifacts.Deploy("virtual-device/run.sh"), "--arch", _options.Architecture, "--gic", $"{_options.GicVersion}",
            "--id", _options.Id, "--work", _work, "--release", Artifacts.Release,
            "--api-port", $"{_options.ApiPort}", "--mqtt-port", $"{_options.MqttPort}", "--enrol-token", _options.EnrolmentToken, "--memory", $"{_options.MemoryMib}",
            "--cpus", $"{_options.Cpus}", "--append", _options.KernelArguments, "--stop-with-stdin",
            .. _options.HasSystemd ? ["--systemd"] : (string[])[],
            .. _options.Media is { } media ? ["--media", media] : (string[])[],
            .. _options.KernelFolder is { } kernel ? ["--kernel", kernel] : (string[])[], .. _options.HasAgent ? [] : (string[])["--no-agent"],
            .. _options.HasNetwork ? (string[])[] : ["--no-network"], .. _options.Clock.Length > 0 ? ["--rtc", _options.Clock] : (string[])[],
            .. _options.Disk.Length > 0 ? ["--disk", _options.Disk] : (string[])[],
            .. _options.Forwards.SelectMany(pair => new[] { "--forward", $"{pair.Key}:{pair.Value}" }),
            .. _options.Labels.SelectMany(label => new[] { "--label", $"{label.Key}={label.Value}" }),
        ])
        {
            start.ArgumentList.Add(argument);
        }

        return Process.Start(start) ?? throw new InvalidOperationException("bash did not start");
    }

    private async Task FollowAsync(LineLog log, string socket)
    {
        Socket connected = await UnixStream.ConnectAsync(Path.Combine(_work, socket)).ConfigureAwait(false);
        _reading.Add(log.ReadAsync(new NetworkStream(connected, ownsSocket: true)));
    }

    private async Task FinishAsync(string phase)
    {
        try
        {
            await _script!.WaitForExitAsync().WaitAsync(_options.PowerOffLimit).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            _script!.Kill(entireProcessTree: true);
            throw new PhaseTimeoutException(phase, _options.PowerOffLimit, Console.LastSeen);
        }
        finally
        {
            await Task.WhenAll(_reading).ConfigureAwait(false);
            _reading.Clear();
            if (_control is not null)
            {
                await _control.DisposeAsync().ConfigureAwait(false);
                _control = null;
            }

            _script!.Dispose();
            _script = null;
            KeepLogs();
        }
    }

    private void KeepLogs()
    {
        foreach (string log in (IEnumerable<string>)["serial.log", "agent.log", "control.log"])
        {
            string source = Path.Combine(_work, log);
            if (File.Exists(source))
            {
                File.Move(source, Path.Combine(_options.Results, $"{_options.Id}-boot{_boots}-{log}"), overwrite: true);
            }
        }
    }
}
