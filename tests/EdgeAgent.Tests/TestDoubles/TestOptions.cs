using MicroVm.EdgeAgent.Configuration;
using MicroVm.Shared.Identity;
using MicroVm.TestKit;

namespace MicroVm.EdgeAgent.Tests.TestDoubles;

/// <summary>Options whose files are all in one directory.</summary>
internal static class TestOptions
{
    internal static AgentOptions In(TempDirectory directory, int mqttPort = 1, int apiPort = 1)
    {
        Directory.CreateDirectory(directory["data"]);
        TestFleet.Shared.Install(directory["data"], DeviceId.Parse("dev-1"));
        File.WriteAllText(directory["kernel"], "kernel");
        File.WriteAllText(directory["initrd"], "initrd");
        return new AgentOptions
        {
            DeviceId = DeviceId.Parse("dev-1"),
            ControlPlane = new ControlPlaneOptions(new Uri($"http://127.0.0.1:{apiPort}"), "127.0.0.1", mqttPort),
            DataDirectory = directory["data"],
            RunDirectory = directory["run"],
            VmmPath = directory["vmm"],
            KernelPath = directory["kernel"],
            InitrdPath = directory["initrd"],
            // The host that tests run on keeps the network that it has.
            CgroupParent = "",
            Network = NetworkOptions.Default with { IsEnabled = false },
            Labels = new Dictionary<string, string> { ["site"] = "a" },
        };
    }
}
