using System.Diagnostics;
using MicroVm.SystemTests.Architectures;
using MicroVm.TestKit;

namespace MicroVm.SystemTests;

/// <summary>The real <c>mvm</c> binary: this machine's, or that of aarch64 under emulation.</summary>
internal sealed class Mvm(string path, Uri server, string token = "", string authorityFile = "", bool isEmulated = false)
{
    private static readonly TimeSpan s_limit = TimeSpan.FromMinutes(6);

    /// <summary>With the first admin's token of a control plane.</summary>
    internal static Mvm Of(string path, ControlPlaneProcess controlPlane, bool isEmulated = false) =>
        new(path, controlPlane.Address, controlPlane.AdminToken, controlPlane.AuthorityFile, isEmulated);

    internal sealed record Result(int ExitCode, string Output, string Error);

    /// <summary>Starts a program that is mvm or runs it, with its input and outputs for the caller.</summary>
    internal Process Start(string program, params string[] arguments) => Start(new ProcessStartInfo(program, arguments));

    internal async Task<Result> RunAsync(params string[] arguments)
    {
        using Process process = Start(isEmulated ? UserEmulation.Of(path, arguments) : new ProcessStartInfo(path, arguments));
        process.StandardInput.Close();
        using CancellationTokenSource cancellation = new(s_limit);
        try
        {
            Task<string> output = process.StandardOutput.ReadToEndAsync(cancellation.Token);
            Task<string> error = process.StandardError.ReadToEndAsync(cancellation.Token);
            await process.WaitForExitAsync(cancellation.Token);
            return new Result(process.ExitCode, await output, await error);
        }
        catch (OperationCanceledException)
        {
            process.Kill();
            throw new TimeoutException($"mvm {string.Join(' ', arguments)}: not within {s_limit.TotalSeconds} s");
        }
    }

    private Process Start(ProcessStartInfo start)
    {
        start.RedirectStandardOutput = true;
        start.RedirectStandardError = true;
        start.RedirectStandardInput = true;
        start.Environment["MVM_SERVER"] = server.ToString().TrimEnd('/');
        start.Environment["MVM_TOKEN"] = token;
        start.Environment["MVM_CA"] = authorityFile;
        return Process.Start(start) ?? throw new InvalidOperationException($"{start.FileName} did not start");
    }

    internal async Task<string> MustAsync(params string[] arguments)
    {
        Result result = await RunAsync(arguments);
        Assert.True(result.ExitCode == 0, $"mvm {string.Join(' ', arguments)} ended with {result.ExitCode}: {result.Error}{result.Output}");
        return result.Output;
    }
}
