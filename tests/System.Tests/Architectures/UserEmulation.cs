using System.Diagnostics;
using System.Globalization;

namespace MicroVm.SystemTests.Architectures;

/// <summary>Programs of aarch64 on this machine: QEMU's user mode with the C library of Debian's cross compiler.</summary>
internal static class UserEmulation
{
    private const string Emulator = "qemu-aarch64";
    private const string Libraries = "/usr/aarch64-linux-gnu";
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(60);

    /// <summary>How a program is started.</summary>
    internal static ProcessStartInfo Of(string path, params string[] arguments)
    {
        ProcessStartInfo start = new(Emulator, [path, .. arguments]);
        start.Environment["QEMU_LD_PREFIX"] = Libraries;
        return start;
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
