using MicroVm.Shared.Contracts.Api;
using MicroVm.TestKit;

namespace MicroVm.SystemTests.Services;

/// <summary>
/// A Debian with systemd on which the agent is installed as <c>src/EdgeAgent/docs/update.md</c> says, with one VM that has a published
/// port and a volume. Every test finds it so and leaves it so.
/// </summary>
public sealed class SystemdFixture : DeviceFixture
{
    internal const string Vm = "web";

    internal override string DeviceId => "edge-systemd";

    /// <summary>Where releases of the agent are made.</summary>
    internal string Folder { get; private set; } = "";

    /// <summary>The port of this machine that leads to the VM's port 80.</summary>
    internal int PublishedPort { get; } = FreePort.Take();

    /// <inheritdoc/>
    internal override VirtualDeviceOptions Adjust(VirtualDeviceOptions options)
    {
        Folder = options.Results;
        return options with
        {
            HasSystemd = true,
            KernelArguments = "mvm.update=60,3",
            Forwards = new Dictionary<int, int> { [PublishedPort] = 8080 },
            BootLimit = TimeSpan.FromSeconds(180),
            PowerOffLimit = TimeSpan.FromSeconds(150),
        };
    }

    /// <inheritdoc/>
    internal override async Task PrepareAsync()
    {
        await Mvm.MustAsync("apply", "-f", await WriteManifestAsync());
        (await Device.RunAsync($"/bin/dash -ex <<'END'\n{InstallingSection()}\nEND", RunningLimit)).Succeeded();
        await NestedHang.RetryOnceAsync(() => WaitUntilCompleteAsync("first rollout"), PowerCycleAsync);
    }

    /// <summary>Waits until the device is connected and runs the VM.</summary>
    internal Task WaitUntilCompleteAsync(string phase) =>
        Client.WatchDeploymentAsync(Vm, phase, RunningLimit, static view => view.State == "Complete" && view.Devices is [{ Online: true }]);

    /// <summary>The VM as the device last reported it.</summary>
    internal async Task<VmView> VmAsync() => Assert.Single((await Client.GetDeviceAsync(DeviceId)).Vms);

    /// <summary>The commands that the document has an engineer run in the folder with a release.</summary>
    private static string InstallingSection()
    {
        string document = File.ReadAllText(Path.Combine(Artifacts.Repository, "src", "EdgeAgent", "docs", "update.md"));
        string section = document[document.IndexOf("\n## Installing\n", StringComparison.Ordinal)..];
        return section.Split("```")[1].Trim();
    }

    private async Task<string> WriteManifestAsync()
    {
        string file = Path.Combine(Folder, "web.yaml");
        await File.WriteAllTextAsync(file, $$"""
            apiVersion: microvm/v1
            kind: Deployment
            metadata:
              name: {{Vm}}
            spec:
              selector:
                matchLabels: {device: {{DeviceId}} }
              workload:
                kind: Service
                image: hello:1
                user: root
                memory: 96MiB
                args:
                  - /bin/sh
                  - -c
                  - |
                    trap 'sleep 1; echo asked to stop >>/data/story; exit 0' TERM
                    echo started >>/data/story
                    httpd -p 80 -h /data
                    while :; do sleep 3600 & wait $!; done
                ports: [{host: 8080, guest: 80}]
                volumes: [{name: data, size: 32MiB, path: /data}]
                probes:
                  readiness:
                    http: {port: 80, path: /story}
                    period: 1s
            """);
        return file;
    }
}
