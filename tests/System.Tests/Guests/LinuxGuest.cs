using System.Globalization;
using System.Text;
using MicroVm.TestKit;

namespace MicroVm.SystemTests.Guests;

/// <summary>
/// A microVM with a stock kernel on a virtual device, run by the real microvm-vmm: asked through its serial port, driven through
/// its API socket (<c>deploy/guest/probe/vm.sh</c>).
/// </summary>
public sealed class LinuxGuest
{
    private const int Killed = 137;
    private const int VmmEnded = 200;

    /// <summary>Longest boot under full emulation.</summary>
    private static readonly TimeSpan s_bootLimit = TimeSpan.FromSeconds(150);
    private static readonly TimeSpan s_askLimit = TimeSpan.FromSeconds(60);

    private readonly VirtualDevice _device;

    private LinuxGuest(VirtualDevice device, GuestSpec spec)
    {
        _device = device;
        Spec = spec;
    }

    /// <summary>What was asked for.</summary>
    public GuestSpec Spec { get; }

    private string Folder => $"/run/vm/{Spec.Name}";

    /// <summary>Starts one and returns before it is up.</summary>
    /// <exception cref="PhaseTimeoutException">The device does not answer.</exception>
    public static async Task<LinuxGuest> StartAsync(VirtualDevice device, GuestSpec spec)
    {
        LinuxGuest guest = new(device, spec);
        string configuration = Convert.ToBase64String(Encoding.UTF8.GetBytes(spec.Configuration));
        await guest.OnDeviceAsync("configuration", $"echo {configuration} | base64 -d >config.json");
        await guest.OnDeviceAsync("start", guest.Script($"start {spec.Name} {spec.Options}"));
        return guest;
    }

    /// <summary>Waits until the guest's init is there.</summary>
    /// <exception cref="PhaseTimeoutException">It took too long.</exception>
    public async Task WaitUntilReadyAsync() =>
        await MustAsync($"boot of {Spec.Name}", await TryOnDeviceAsync(Script($"ready {Spec.Name}"), s_bootLimit), s_bootLimit);

    /// <summary>Runs a shell command in the guest.</summary>
    /// <exception cref="PhaseTimeoutException">The guest does not answer.</exception>
    public async Task<CommandResult> TryRunAsync(string command, TimeSpan? limit = null)
    {
        TimeSpan inGuest = limit ?? s_askLimit;
        string ask = string.Create(CultureInfo.InvariantCulture, $"ask {Spec.Name} {Math.Ceiling(inGuest.TotalSeconds)} {Quoted(command)}");
        CommandResult result = await TryOnDeviceAsync(Script(ask), inGuest + s_askLimit);
        return result.ExitCode == Killed ? throw await HungAsync($"'{command}' in {Spec.Name}", inGuest) : result;
    }

    /// <summary>Runs a shell command in the guest that has to succeed, and returns what it printed.</summary>
    public async Task<string> RunAsync(string command, TimeSpan? limit = null)
    {
        CommandResult result = await TryRunAsync(command, limit);
        await CheckAsync($"'{command}'", result, 0);
        return result.Output.TrimEnd();
    }

    /// <summary>Runs a shell command in the guest's folder on the device that has to succeed, and returns what it printed.</summary>
    public Task<string> OnDeviceAsync(string phase, string command, TimeSpan? limit = null) =>
        OnDeviceCoreAsync(phase, $"mkdir -p {Folder} && cd {Folder} || exit 99\n{command}", limit ?? s_askLimit);

    /// <summary>The shell command for one request to the VMM's API, which prints the whole answer.</summary>
    public string ApiCommand(string method, string path, string body = "") => Script($"api {Spec.Name} {method} {path} {Quoted(body)}");

    /// <summary>One request to the VMM's API.</summary>
    public async Task<ApiAnswer> RequestAsync(string method, string path, string body = "") =>
        ApiAnswer.Parse(await OnDeviceAsync($"{method} {path}", ApiCommand(method, path, body)));

    /// <summary>A request that has to be accepted; returns its body.</summary>
    public async Task<string> AcceptedAsync(string method, string path, string body = "")
    {
        ApiAnswer answer = await RequestAsync(method, path, body);
        Assert.True(answer.Status is 200 or 204, $"{method} {path} {body}: {answer.Status} {answer.Body}");
        return answer.Body;
    }

    /// <summary>Powers off from inside and returns the VMM's exit code.</summary>
    public Task<int> PowerOffAsync() => EndByAsync("poweroff -f");

    /// <summary>Runs a command in the guest that ends it, and returns the VMM's exit code.</summary>
    public async Task<int> EndByAsync(string command)
    {
        CommandResult result = await TryRunAsync(command);
        await CheckAsync($"'{command}'", result, VmmEnded);
        return await EndAsync();
    }

    /// <summary>Waits until the VMM has ended and returns its exit code.</summary>
    public async Task<int> EndAsync() =>
        int.Parse(await OnDeviceAsync($"end of {Spec.Name}", Script($"end {Spec.Name}")), CultureInfo.InvariantCulture);

    /// <summary>Ends the VMM, if it runs, so that the same guest can be started again.</summary>
    public async Task KillAsync() => await TryOnDeviceAsync(Script($"kill {Spec.Name}"), s_askLimit);

    /// <summary>What the guest wrote to its serial port, and the VMM to its log.</summary>
    public async Task<string> LogsAsync() =>
        (await _device.RunAsync($"cd {Folder} && tail -n 30 serial.log vmm.log; head -c 4000 <>out", TimeSpan.FromSeconds(1))).Output;

    private static string Quoted(string text) => $"'{text.Replace("'", "'\\''", StringComparison.Ordinal)}'";

    private string Script(string arguments) => $"PATH=$PATH:{GuestSpec.Media}/tools/bin {GuestSpec.Media}/vm.sh {arguments}";

    private async Task<string> OnDeviceCoreAsync(string phase, string command, TimeSpan limit) =>
        await MustAsync(phase, await TryOnDeviceAsync(command, limit), limit);

    private Task<CommandResult> TryOnDeviceAsync(string command, TimeSpan limit) => _device.RunAsync(command, limit);

    private async Task<string> MustAsync(string phase, CommandResult result, TimeSpan limit)
    {
        if (result.ExitCode == Killed)
        {
            throw await HungAsync(phase, limit);
        }

        await CheckAsync(phase, result, 0);
        return result.Output.TrimEnd();
    }

    private async Task CheckAsync(string what, CommandResult result, int expected)
    {
        if (result.ExitCode != expected)
        {
            Assert.Fail($"{what} in {Spec.Name} ended with {result.ExitCode}, expected {expected}: {result.Output}\n{await LogsAsync()}");
        }
    }

    private async Task<PhaseTimeoutException> HungAsync(string phase, TimeSpan limit) => new(phase, limit, await LogsAsync());
}
