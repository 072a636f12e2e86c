using MicroVm.TestKit;

namespace MicroVm.Benchmarks.Nested.Host.Vmms;

/// <summary>Debian's <c>qemu-system-x86_64 -M microvm</c> as its manual describes it, without what a microVM has no use for.</summary>
internal sealed class QemuMicrovm : IVmm
{
    public string Name => "qemu";

    public string Tap => "tap1";

    public string TapAddress => "172.16.2.1";

    public string GuestAddress => "172.16.2.2";

    // The monitor greets by itself.
    public string ApiRequest => "";

    // Only of guests with HasNamedMemory.
    public ProcessMemory ReadMemory(int pid) => ProcessMemory.Read(pid, "memory-backend-memfd");

    public string[] Command(GuestSpec guest)
    {
        List<string> arguments =
        [
            "/usr/bin/qemu-system-x86_64", "-M", guest.HasNamedMemory ? "microvm,accel=kvm,memory-backend=ram" : "microvm,accel=kvm",
            "-cpu", "host", "-m", $"{GuestSpec.MemoryMib}", "-smp", "1", "-nodefaults", "-no-user-config", "-display", "none", "-no-reboot",
            "-serial", "stdio", "-kernel", guest.Kernel, "-initrd", guest.Initrd, "-append", guest.Arguments,
        ];
        if (guest.HasNamedMemory)
        {
            arguments.AddRange(["-object", $"memory-backend-memfd,id=ram,size={GuestSpec.MemoryMib}M"]);
        }

        if (guest.Disk is not null)
        {
            arguments.AddRange(["-drive", $"file={guest.Disk},format=raw,if=none,id=d", "-device", "virtio-blk-device,drive=d"]);
        }

        if (guest.HasNetwork)
        {
            arguments.AddRange(["-netdev", $"tap,id=n,ifname={Tap},script=no,downscript=no", "-device", "virtio-net-device,netdev=n,mac=06:00:ac:10:02:02"]);
        }

        if (guest.Vsock is not null)
        {
            arguments.AddRange(["-device", "vhost-vsock-device,guest-cid=4"]);
        }

        if (guest.HasBalloonAndEntropy)
        {
            arguments.AddRange(["-device", "virtio-balloon-device,free-page-reporting=on", "-device", "virtio-rng-device"]);
        }

        return [.. arguments];
    }

    public string[] CommandWithApi(GuestSpec guest, string socket) => [.. Command(guest), "-qmp", $"unix:{socket},server=on,wait=off"];
}
