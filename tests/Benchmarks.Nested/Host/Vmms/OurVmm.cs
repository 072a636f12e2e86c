using System.Text;
using MicroVm.TestKit;

namespace MicroVm.Benchmarks.Nested.Host.Vmms;

/// <summary><c>microvm-vmm</c>, configured by a file.</summary>
internal sealed class OurVmm : IVmm
{
    private const string Program = "/bin/microvm-vmm";
    private const string ConfigPath = "/tmp/ours.json";

    public string Name => "ours";

    public string Tap => "tap0";

    public string TapAddress => "172.16.1.1";

    public string GuestAddress => "172.16.1.2";

    public string ApiRequest => "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n";

    public ProcessMemory ReadMemory(int pid) => ProcessMemory.Read(pid, GuestSpec.MemoryMib);

    public string[] Command(GuestSpec guest)
    {
        File.WriteAllText(ConfigPath, Config(guest));
        return [Program, "--no-api", "--config-file", ConfigPath];
    }

    public string[] CommandWithApi(GuestSpec guest, string socket) => [Program, "--api-sock", socket];

    private string Config(GuestSpec guest)
    {
        StringBuilder json = new();
        json.Append($$"""
            {"machine-config":{"vcpu_count":1,"mem_size_mib":{{GuestSpec.MemoryMib}},"huge_pages":"{{(guest.HasHugePages ? "Transparent" : "None")}}"},
            "boot-source":{"kernel_image_path":"{{guest.Kernel}}","initrd_path":"{{guest.Initrd}}","boot_args":"{{guest.Arguments}}"}
            """);
        if (guest.Disk is not null)
        {
            string engine = Environment.GetEnvironmentVariable("bench_engine") ?? "Sync";
            json.Append($$"""
                ,"drives":[{"drive_id":"d","path_on_host":"{{guest.Disk}}","is_root_device":false,"is_read_only":false,"io_engine":"{{engine}}"}]
                """);
        }

        if (guest.HasNetwork)
        {
            json.Append($$"""
                ,"network-interfaces":[{"iface_id":"eth0","host_dev_name":"{{Tap}}","guest_mac":"06:00:ac:10:01:02"}]
                """);
        }

        if (guest.Vsock is not null)
        {
            json.Append($$"""
                ,"vsock":{"guest_cid":3,"uds_path":"{{guest.Vsock}}"}
                """);
        }

        if (guest.Metrics is not null)
        {
            File.Delete(guest.Metrics);
            json.Append($$"""
                ,"metrics":{"metrics_path":"{{guest.Metrics}}"}
                """);
        }

        if (guest.HasBalloonAndEntropy)
        {
            json.Append("""
                ,"entropy":{},"balloon":{"amount_mib":0,"deflate_on_oom":true,"free_page_reporting":true}
                """);
        }

        return json.Append('}').ToString();
    }
}
