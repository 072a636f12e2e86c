using MicroVm.Shared.Contracts.Api;
using MicroVm.TestKit;

namespace MicroVm.SystemTests.Workloads;

/// <summary>
/// A device with a web server that has a port, a volume, a secret and a probe, and two other VMs: one may connect to it and one
/// may not. Every test finds them so and leaves them so.
/// </summary>
public class WorkloadFixture : DeviceFixture
{
    internal const string Web = "web", Friend = "friend", Stranger = "stranger";

    /// <summary>What no file of the device may hold.</summary>
    internal const string Password = "correct-horse-battery-staple";

    internal override string DeviceId => "edge-3";

    /// <summary>The port of this machine that leads to port 8080 of the device.</summary>
    internal int PublishedPort { get; } = FreePort.Take();

    internal static string Manifest(string file, string device, int apiPort) =>
        File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Workloads", file))
            .Replace("DEVICE", device, StringComparison.Ordinal)
            .Replace("API", $"{apiPort}", StringComparison.Ordinal);

    /// <inheritdoc/>
    internal override VirtualDeviceOptions Adjust(VirtualDeviceOptions options) => options with
    {
        MemoryMib = 3072,
        Forwards = new Dictionary<int, int> { [PublishedPort] = 8080 },
    };

    /// <inheritdoc/>
    internal override async Task PrepareAsync()
    {
        string secret = Path.GetTempFileName();
        await File.WriteAllTextAsync(secret, Password);
        await Mvm.MustAsync("secret", "set", "password", "--from-file", secret);
        File.Delete(secret);
        await ApplyAsync(Manifest("workloads.yaml", DeviceId, ControlPlane.ApiPort));
        await NestedHang.RetryOnceAsync(WaitUntilReadyAsync, PowerCycleAsync);
    }

    /// <summary>Waits until all three are ready.</summary>
    internal async Task WaitUntilReadyAsync()
    {
        foreach (string name in (string[])[Web, Friend, Stranger])
        {
            await WaitForVmAsync(name, $"{name} is ready", static vm => vm.Phase == "Running" && vm.Ready != false);
        }
    }

    /// <summary>Waits until this boot has started all three; what the control plane knows before may be of the boot before.</summary>
    internal async Task WaitUntilStartedAsync()
    {
        foreach (string name in (string[])[Web, Friend, Stranger])
        {
            await Device.AgentLog.WaitForAsync($"{name}: workload started", RunningLimit);
        }

        await WaitUntilReadyAsync();
    }

    internal async Task ApplyAsync(string manifest)
    {
        using HttpResponseMessage answer = await Client.ApplyAsync(manifest);
        Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync());
    }

    /// <summary>
    /// Waits until the device says something of a VM, which may have to start several times, or several of them at once, until it is so.
    /// Each change of it changes the deployment of its name.
    /// </summary>
    internal async Task<VmView> WaitForVmAsync(string name, string phase, Func<VmView, bool> wanted)
    {
        VmView? found = null;
        await Client.WatchDeploymentAsync(name, phase, 2 * RunningLimit, view =>
        {
            if (view.Devices.Count == 0)
            {
                // A device that was never connected is not selected.
                return false;
            }

            DeviceView device = Client.GetDeviceAsync(DeviceId).GetAwaiter().GetResult();
            found = device.Vms.FirstOrDefault(vm => vm.Name == name && device.Online && wanted(vm));
            return found is not null;
        });
        return found!;
    }

    /// <summary>Deletes deployments and waits until the device has removed their VMs.</summary>
    internal async Task RemoveAsync(params string[] names)
    {
        int from = Device.AgentLog.Count;
        foreach (string name in names)
        {
            await Mvm.MustAsync("delete", "deployment", name);
        }

        foreach (string name in names)
        {
            await Device.AgentLog.WaitForAsync($"{name}: removed", TimeSpan.FromSeconds(150), from);
        }
    }
}
