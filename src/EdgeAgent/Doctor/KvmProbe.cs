using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using MicroVm.EdgeAgent.Interop;
using MicroVm.EdgeAgent.Interop.Kvm;

namespace MicroVm.EdgeAgent.Doctor;

/// <summary>Looks at KVM: opens it, asks for what the VMM needs, and lets it run a guest of two instructions.</summary>
// SAFETY: every structure that is handed to the kernel is a local of the size that the request's number encodes.
internal static unsafe class KvmProbe
{
    private const string DevicePath = "/dev/kvm";
    private const int NotPermitted = 1, NoEntry = 2, NoDevice = 19, NoSuchDevice = 6, AccessDenied = 13;
    private const uint ArmVmIpaSize = 165;

    private static readonly (uint Number, string Name)[] s_neededEverywhere =
    [
        (3, "KVM_CAP_USER_MEMORY"), (36, "KVM_CAP_IOEVENTFD"), (136, "KVM_CAP_IMMEDIATE_EXIT"),
    ];

    private static readonly (uint Number, string Name)[] s_neededOnX64 =
    [
        (4, "KVM_CAP_SET_TSS_ADDR"), (7, "KVM_CAP_EXT_CPUID"), (37, "KVM_CAP_SET_IDENTITY_MAP_ADDR"), (72, "KVM_CAP_TSC_DEADLINE_TIMER"),
        (77, "KVM_CAP_SIGNAL_MSI"), (121, "KVM_CAP_SPLIT_IRQCHIP"),
    ];

    private static readonly (uint Number, string Name)[] s_neededOnArm64 =
    [
        (70, "KVM_CAP_ONE_REG"), (89, "KVM_CAP_DEVICE_CTRL"), (102, "KVM_CAP_ARM_PSCI_0_2"),
    ];

    /// <summary>Every capability that is asked for, with its name in the kernel's headers.</summary>
    internal static IEnumerable<(uint Number, string Name)> Needed => [.. s_neededEverywhere, .. s_neededOnX64, .. s_neededOnArm64];

    private static bool IsArm64 => RuntimeInformation.ProcessArchitecture == Architecture.Arm64;

    /// <summary>One look. Never throws.</summary>
    internal static KvmFacts Look()
    {
        using SafeFileHandle? kvm = Libc.TryOpenDevice(DevicePath, out int errno);
        if (kvm is null)
        {
            return new KvmFacts { Opening = OpeningOf(errno), Detail = DetailOf(errno) };
        }

        (GuestTrial trial, string detail) = IsArm64 ? (GuestTrial.NotTried, "") : X64TrialGuest.Run(kvm);
        return new KvmFacts
        {
            Opening = KvmOpening.Opened,
            ApiVersion = Libc.Ioctl(kvm, KvmRequest.GetApiVersion, 0),
            MissingCapabilities = [.. s_neededEverywhere.Concat(IsArm64 ? s_neededOnArm64 : s_neededOnX64)
                .Where(capability => Libc.Ioctl(kvm, KvmRequest.CheckExtension, capability.Number) <= 0)
                .Select(static capability => capability.Name)],
            Trial = trial,
            TrialDetail = detail,
            GicVersions = IsArm64 ? FindGicVersions(kvm) : [],
        };
    }

    private static KvmOpening OpeningOf(int errno) => errno switch
    {
        NoEntry or NoSuchDevice or NoDevice => KvmOpening.Missing,
        AccessDenied or NotPermitted => KvmOpening.NoPermission,
        _ => KvmOpening.Refused,
    };

    private static string DetailOf(int errno)
    {
        string said = Marshal.GetPInvokeErrorMessage(errno);
        return Libc.TryStat(DevicePath) is StatX file ? $"{said}; {file.Permissions()}, owner {file.Uid}, group {file.Gid}" : said;
    }

    private static List<int> FindGicVersions(SafeFileHandle kvm)
    {
        List<int> versions = [];
        int fd = Libc.Ioctl(kvm, KvmRequest.CreateVm, 0);
        if (fd < 0)
        {
            // A processor with fewer than 40 bits of guest address wants to be told how many.
            fd = Libc.Ioctl(kvm, KvmRequest.CreateVm, (nuint)Math.Max(0, Libc.Ioctl(kvm, KvmRequest.CheckExtension, ArmVmIpaSize)));
        }

        if (fd < 0)
        {
            return versions;
        }

        using SafeFileHandle vm = new(fd, ownsHandle: true);
        foreach ((uint type, int version) in ((uint, int)[])[(KvmCreateDevice.VgicV2, 2), (KvmCreateDevice.VgicV3, 3)])
        {
            KvmCreateDevice request = new() { Type = type, Flags = KvmCreateDevice.TestOnly };
            if (Libc.Ioctl(vm, KvmRequest.CreateDevice, &request) == 0)
            {
                versions.Add(version);
            }
        }

        return versions;
    }
}
