using System.Reflection;

namespace MicroVm.TestKit;

/// <summary>
/// The release that tests run against: the folder of <c>MICROVM_ARTIFACTS</c>, else <c>artifacts/release</c> of the clone,
/// as <c>deploy/build.sh</c> fills it. Paths are checked when they are asked for.
/// </summary>
public static class Artifacts
{
    /// <summary>Top folder of the clone that this was built from.</summary>
    public static string Repository { get; } =
        typeof(Artifacts).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(entry => entry.Key == "Repository").Value!;

    /// <summary>The release's folder.</summary>
    public static string Release { get; } =
        Environment.GetEnvironmentVariable("MICROVM_ARTIFACTS") is { Length: > 0 } folder
            ? Path.GetFullPath(folder)
            : Path.Combine(Repository, "artifacts", "release");

    /// <summary>The VMM's executable.</summary>
    public static string Vmm => File("microvm-vmm");

    /// <summary>The guest's init.</summary>
    public static string Init => File("microvm-init");

    /// <summary>The agent's executable.</summary>
    public static string Agent => File("microvm-agent");

    /// <summary>The operator's command line.</summary>
    public static string Mvm => File("mvm");

    /// <summary>The control plane's executable.</summary>
    public static string ControlPlane => File("controlplane/microvm-controlplane");

    /// <summary>A file of the device side for an architecture, <c>x86_64</c> or <c>aarch64</c>, such as <c>microvm-vmm</c>.</summary>
    public static string Of(string architecture, string relative) =>
        File(architecture == "x86_64" ? relative : Path.Combine(architecture, relative));

    /// <summary>The guest kernel.</summary>
    public static string GuestKernel => File("guest/vmlinuz");

    /// <summary>The guest's initramfs.</summary>
    public static string GuestInitramfs => File("guest/initramfs.cpio");

    /// <summary>Guest kernels, an initramfs and tools for tests with Linux guests: a squashfs for a virtual device.</summary>
    public static string ProbeMedia => File("probe/probe.squashfs");

    /// <summary>The newest kernel of Debian's backports for a virtual device, with its modules.</summary>
    public static string ProbeHostKernel => Folder("probe/host");

    /// <summary>The sample workload: a folder with an OCI image layout.</summary>
    public static string SampleImage => Folder("sample");

    /// <summary>A script or file below <c>deploy/</c>.</summary>
    public static string Deploy(string relative) => Require(Path.Combine(Repository, "deploy", relative), System.IO.File.Exists);

    /// <summary>
    /// A new, empty folder for the logs of one test: below <c>MICROVM_TEST_RESULTS</c>, else <c>artifacts/test-results</c>.
    /// </summary>
    public static string ResultsFolder(string test)
    {
        string top = Environment.GetEnvironmentVariable("MICROVM_TEST_RESULTS") is { Length: > 0 } folder
            ? folder
            : Path.Combine(Repository, "artifacts", "test-results");
        string path = Path.GetFullPath(Path.Combine(top, test));
        if (Directory.Exists(path))
        {
            Directory.Delete(path, recursive: true);
        }

        return Directory.CreateDirectory(path).FullName;
    }

    private static string File(string relative) => Require(Path.Combine(Release, relative), System.IO.File.Exists);

    private static string Folder(string relative) => Require(Path.Combine(Release, relative), Directory.Exists);

    private static string Require(string path, Func<string, bool> exists) => exists(path)
        ? path
        : throw new FileNotFoundException($"expected {path}, found none; deploy/build.sh makes it, and deploy/guest/probe/build.sh the probe (another place: MICROVM_ARTIFACTS)");
}
