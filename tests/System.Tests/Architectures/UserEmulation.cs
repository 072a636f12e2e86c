using System.Diagnostics;
using System.Globalization;
using MicroVm.TestKit;

namespace MicroVm.SystemTests.Architectures;

/// <summary>Programs of aarch64 on this machine: QEMU's user mode with the C library of Debian's cross compiler.</summary>
internal static class UserEmulation
{
    private const string Emulator = "qemu-aarch64";
    private const string Libraries = "/usr/aarch64-linux-gnu";
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(60);

    /// <summary>Folder of the TLS library for aarch64, unpacked from its Debian package.</summary>
    private static readonly Lazy<string> s_tls = new(Unpack);

    /// <summary>How a program is started.</summary>
    internal static ProcessStartInfo Of(string path, params string[] arguments)
    {
        ProcessStartInfo start = new(Emulator, [path, .. arguments]);
        start.Environment["QEMU_LD_PREFIX"] = Libraries;
        // The TLS library is opened by name at run time; the emulated program gets its variables from here.
        start.Environment["QEMU_SET_ENV"] = $"LD_LIBRARY_PATH={s_tls.Value}";
        return start;
    }

    private static string Unpack()
    {
        string folder = Path.Combine(Artifacts.ResultsFolder("System.Tests.Arm64"), "libssl3");
        using Process process = Process.Start(
            "bash",
            ["-c", $"for p in $('{Artifacts.Deploy("fetch-packages.sh")}' --arch arm64 libssl3); do dpkg-deb -x \"$p\" '{folder}'; done"]);
        process.WaitForExit();
        return process.ExitCode == 0
            ? Path.Combine(folder, "usr/lib/aarch64-linux-gnu")
            : throw new InvalidOperationException($"libssl3 for aarch64 was not unpacked: code {process.ExitCode}");
    }

    /// <summary>Runs a program to its end.</summary>
    internal static Task<(int ExitCode, string Output, string Error)> RunAsync(string path, params string[] arguments) =>
        RunAsync(Of(path, arguments));

    /// <summary>As above, on a kernel with pages of that size.</summary>
    internal static Task<(int ExitCode, string Output, string Error)> RunWithPagesAsync(int pageBytes, string path, params string[] arguments)
    {
        ProcessStartInfo start = Of(path, arguments);
        start.Environment["QEMU_PAGESIZE"] = pageBytes.ToString(CultureInfo.InvariantCulture);
        return RunAsync(start);
    }

    private static async Task<(int ExitCode, string Output, string Error)> RunAsync(ProcessStartInfo start)
    {
        start.RedirectStandardOutput = true;
        start.RedirectStandardError = true;
        using Process process = Process.Start(start) ?? throw new InvalidOperationException($"{Emulator} did not start");
        Task<string> output = process.StandardOutput.ReadToEndAsync();
        Task<string> error = process.StandardError.ReadToEndAsync();
        try
        {
            await process.WaitForExitAsync().WaitAsync(s_limit);
        }
        catch (TimeoutException)
        {
            process.Kill();
            throw new TimeoutException($"{string.Join(' ', start.ArgumentList)}: not within {s_limit.TotalSeconds} s under {Emulator}");
        }

        return (process.ExitCode, await output, await error);
    }
}
