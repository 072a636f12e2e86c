using System.Diagnostics;
using System.Text;
using System.Text.Json;

namespace MicroVm.TestKit;

/// <summary>
/// A virtual device on whose VMs load comes and goes: each has a tmpfs, and a file in it is memory that its kernel cannot drop.
/// With a control plane, a broker's connection and the real agent; the VMs are made by a manifest.
/// </summary>
public sealed class MemoryLoad : IAsyncDisposable
{
    private static readonly TimeSpan s_startLimit = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan s_moveLimit = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan s_period = TimeSpan.FromSeconds(1);

    // What may stay with a VM that has no load, and its VMM: an agent takes nothing before it is twice the headroom.
    private const int RestMib = 24;

    private readonly MemoryLoadOptions _options;
    private readonly ControlPlaneProcess _controlPlane;
    private readonly long _began = Stopwatch.GetTimestamp();

    private MemoryLoad(MemoryLoadOptions options, ControlPlaneProcess controlPlane, VirtualDevice device) =>
        (_options, _controlPlane, Device) = (options, controlPlane, device);

    /// <summary>The device.</summary>
    public VirtualDevice Device { get; }

    /// <summary>Every sample so far.</summary>
    public List<MemorySample> Samples { get; } = [];

    /// <summary>Name of a VM.</summary>
    public static string NameOf(int vm) => $"vm-{vm}";

    /// <summary>Boots the device, applies the manifest, and returns when all workloads run.</summary>
    /// <param name="id">Device id.</param>
    /// <param name="results">Where logs are put.</param>
    /// <param name="options">How much there is of what.</param>
    public static async Task<MemoryLoad> StartAsync(string id, string results, MemoryLoadOptions options)
    {
        ControlPlaneProcess controlPlane = await ControlPlaneProcess.StartAsync(results).ConfigureAwait(false);
        await MvmAsync(controlPlane, "images", "push", Artifacts.SampleImage, "--name", "hello:1").ConfigureAwait(false);
        VirtualDevice device = await VirtualDevice.StartAsync(new VirtualDeviceOptions
        {
            Id = id,
            Architecture = options.Architecture,
            ApiPort = controlPlane.ApiPort,
            MqttPort = controlPlane.MqttPort,
            EnrolmentToken = await controlPlane.EnrolmentTokenAsync().ConfigureAwait(false),
            Results = results,
            MemoryMib = options.DeviceMib,
            Media = options.Media,
        }).ConfigureAwait(false);
        MemoryLoad load = new(options, controlPlane, device);
        try
        {
            await load.ConfigureAsync().ConfigureAwait(false);
            string manifest = Path.Combine(results, "memory.yaml");
            await File.WriteAllTextAsync(manifest, load.Manifest(id)).ConfigureAwait(false);
            await MvmAsync(controlPlane, "apply", "-f", manifest).ConfigureAwait(false);
            await NestedHang.RetryOnceAsync(load.WaitUntilStartedAsync, load.BootAgainAsync).ConfigureAwait(false);
            return load;
        }
        catch
        {
            await load.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Has workloads take their load; does not wait until they have it. To be called once before <see cref="UnloadAsync"/>.</summary>
    public async Task LoadAsync(IReadOnlyCollection<int> vms)
    {
        string script = string.Join('\n', vms.Select(vm =>
            $"setsid microvm-agent exec {NameOf(vm)} -- /bin/dd if=/dev/zero of=/load/taken bs=1M count={_options.LoadMib} >/tmp/load-{vm} 2>&1 </dev/null & echo $! >/tmp/load-{vm}.pid"));
        if (vms.Count > 0)
        {
            (await Device.RunAsync(script).ConfigureAwait(false)).Succeeded();
        }
    }

    /// <summary>
    /// Has workloads give their load back, when they have taken all of it: a writer that is still under way would make the file anew.
    /// Their VMs give back the memory later.
    /// </summary>
    public async Task UnloadAsync(IReadOnlyCollection<int> vms)
    {
        string script = string.Join('\n', vms.Select(vm =>
            $"(while kill -0 $(cat /tmp/load-{vm}.pid) 2>/dev/null; do sleep 0.2; done; cat /tmp/load-{vm}; microvm-agent exec {NameOf(vm)} -- /bin/rm /load/taken </dev/null) & ends=\"$ends $!\""));
        (await Device.RunAsync($"{script}\nfor end in $ends; do wait $end || exit; done").ConfigureAwait(false)).Succeeded();
    }

    /// <summary>Load leaves some VMs and comes to others; returns when those have what they need and these have given back.</summary>
    /// <returns>How long it took until the last of the loaded ones had its memory and its load.</returns>
    public async Task<TimeSpan> MoveAsync(IReadOnlyCollection<int> from, IReadOnlyCollection<int> to)
    {
        long began = Stopwatch.GetTimestamp();
        await LoadAsync(to).ConfigureAwait(false);
        await UnloadAsync(from).ConfigureAwait(false);
        await WaitUntilLoadedAsync(to).ConfigureAwait(false);
        TimeSpan waited = Stopwatch.GetElapsedTime(began);
        HashSet<string> loaded = [.. to.Select(NameOf)];
        await SampleUntilAsync(
            "the others have given back",
            sample => sample.Vms.Where(vm => !loaded.Contains(vm.Name)).All(vm => vm.GrantedMib <= _options.MinMib + RestMib && vm.HeldMib <= _options.MinMib + RestMib)).ConfigureAwait(false);
        return waited;
    }

    /// <summary>Samples until some VMs have the memory for their load, and it.</summary>
    public Task WaitUntilLoadedAsync(IReadOnlyCollection<int> vms)
    {
        HashSet<string> loaded = [.. vms.Select(NameOf)];
        return SampleUntilAsync(
            $"{string.Join(", ", loaded)} have the memory for their load",
            sample => sample.Vms.Where(vm => loaded.Contains(vm.Name)).All(vm => vm.GrantedMib >= _options.LoadedMib && vm.HeldMib >= _options.LoadedMib));
    }

    /// <summary>Samples until something is so.</summary>
    /// <exception cref="PhaseTimeoutException">It does not become so.</exception>
    public async Task<MemorySample> SampleUntilAsync(string phase, Func<MemorySample, bool> reached)
    {
        long began = Stopwatch.GetTimestamp();
        while (true)
        {
            MemorySample sample = await SampleAsync().ConfigureAwait(false);
            if (reached(sample))
            {
                return sample;
            }

            if (Stopwatch.GetElapsedTime(began) > s_moveLimit)
            {
                string last = string.Join(", ", sample.Vms.Select(static vm => $"{vm.Name} {vm.Phase} {vm.GrantedMib} ({vm.HeldMib})"));
                throw new PhaseTimeoutException(phase, s_moveLimit, last);
            }

            await Task.Delay(s_period).ConfigureAwait(false);
        }
    }

    /// <summary>Looks once.</summary>
    public async Task<MemorySample> SampleAsync()
    {
        string text = (await Device.RunAsync("microvm-agent vms --json && grep MemAvailable /proc/meminfo && cat /sys/fs/cgroup/microvm/memory.current").ConfigureAwait(false)).Succeeded();
        List<MemorySample.Vm> vms = [];
        long available = 0, charged = 0;
        foreach (string line in text.Split('\n'))
        {
            if (line.StartsWith('{'))
            {
                using JsonDocument document = JsonDocument.Parse(line);
                JsonElement root = document.RootElement;
                vms.Add(new MemorySample.Vm(
                    root.GetProperty("name").GetString()!, root.GetProperty("phase").GetString()!, root.GetProperty("grantedMib").GetInt64(),
                    root.GetProperty("residentBytes").GetInt64() >> 20, root.GetProperty("restarts").GetInt32(), root.GetProperty("pid").GetInt32()));
            }
            else if (line.StartsWith("MemAvailable:", StringComparison.Ordinal))
            {
                available = long.Parse(line["MemAvailable:".Length..^"kB".Length], System.Globalization.CultureInfo.InvariantCulture) >> 10;
            }
            else if (long.TryParse(line, System.Globalization.CultureInfo.InvariantCulture, out long bytes))
            {
                charged = bytes >> 20;
            }
        }

        MemorySample sample = new(Stopwatch.GetElapsedTime(_began).TotalSeconds, vms, available, charged);
        Samples.Add(sample);
        return sample;
    }

    /// <summary>Powers off and stops the control plane.</summary>
    public async ValueTask DisposeAsync()
    {
        await Device.PowerOffAsync().ConfigureAwait(false);
        await Device.DisposeAsync().ConfigureAwait(false);
        await _controlPlane.StopAsync().ConfigureAwait(false);
        await _controlPlane.DisposeAsync().ConfigureAwait(false);
    }

    /// <summary>The device makes its configuration anew with each boot; its agent starts again with what is added.</summary>
    private async Task ConfigureAsync()
    {
        string more = $"\"memoryBudgetMib\": {_options.BudgetMib}, \"logLevel\": \"Debug\",";
        more += _options.Media is null ? "" : " \"kernelPath\": \"/media/vmlinux\", \"initrdPath\": \"/media/initramfs.cpio\",";
        await Device.AgentLog.WaitForAsync("agent ", s_startLimit).ConfigureAwait(false);
        int from = Device.AgentLog.Count;
        (await Device.RunAsync($"sed -i 's|\"deviceId\"|{more} \"deviceId\"|' /etc/microvm/agent.json && kill $(pidof microvm-agent)").ConfigureAwait(false)).Succeeded();
        await Device.AgentLog.WaitForAsync("VMs are limited by cgroup", s_startLimit, from).ConfigureAwait(false);
    }

    private async Task BootAgainAsync()
    {
        await Device.KillAsync().ConfigureAwait(false);
        await Device.BootAsync().ConfigureAwait(false);
        await ConfigureAsync().ConfigureAwait(false);
    }

    private async Task WaitUntilStartedAsync()
    {
        for (int vm = 0; vm < _options.Vms; vm++)
        {
            await Device.AgentLog.WaitForAsync($"{NameOf(vm)}: workload started", s_startLimit).ConfigureAwait(false);
        }
    }

    private string Manifest(string device)
    {
        StringBuilder manifest = new();
        for (int vm = 0; vm < _options.Vms; vm++)
        {
            manifest.Append(
                $$"""
                apiVersion: microvm/v1
                kind: Deployment
                metadata: { name: {{NameOf(vm)}} }
                spec:
                  selector: { matchLabels: { device: {{device}} } }
                  workload:
                    kind: Service
                    image: hello:1
                    args: [/bin/sleep, "100000"]
                    memory: {min: {{_options.MinMib}}MiB, max: {{_options.MaxMib}}MiB}
                    tmpfs: [{path: /load, size: {{_options.MaxMib}}MiB}]
                    terminationGracePeriod: 1s
                ---

                """);
        }

        return manifest.ToString();
    }

    private static async Task MvmAsync(ControlPlaneProcess controlPlane, params string[] arguments)
    {
        ProcessStartInfo start = new(Artifacts.Mvm, arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["MVM_SERVER"] = controlPlane.Address.ToString().TrimEnd('/');
        start.Environment["MVM_TOKEN"] = controlPlane.AdminToken;
        start.Environment["MVM_CA"] = controlPlane.AuthorityFile;
        using Process process = Process.Start(start)!;
        Task<string> output = process.StandardOutput.ReadToEndAsync(), error = process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync().ConfigureAwait(false);
        if (process.ExitCode != 0)
        {
            throw new InvalidOperationException(
                $"mvm {string.Join(' ', arguments)} ended with {process.ExitCode}: {await error.ConfigureAwait(false)}{await output.ConfigureAwait(false)}");
        }
    }
}
