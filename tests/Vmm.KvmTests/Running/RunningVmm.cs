using System.Diagnostics;
using MicroVm.TestKit;

namespace MicroVm.Vmm.KvmTests.Running;

/// <summary>
/// The published microvm-vmm as a child process in a folder of its own. Every wait has a limit, after which the process is killed and the
/// failure names the phase; disposing kills what still runs.
/// </summary>
internal sealed class RunningVmm : IDisposable
{
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(30);

    private readonly Process _process;
    private readonly Task _outputRead;
    private readonly Task _errorRead;

    private RunningVmm(Process process)
    {
        _process = process;
        _outputRead = Output.ReadAsync(process.StandardOutput.BaseStream);
        _errorRead = Error.ReadAsync(process.StandardError.BaseStream);
    }

    /// <summary>Lines of standard output: the guest's serial port unless configured elsewhere.</summary>
    internal LineLog Output { get; } = new("standard output");

    /// <summary>Lines of standard error: the log.</summary>
    internal LineLog Error { get; } = new("standard error");

    internal int ProcessId => _process.Id;

    /// <summary>Starts the VMM with these arguments.</summary>
    internal static RunningVmm Start(params IEnumerable<string> arguments)
    {
        KvmRequirement.SkipUnlessOpenable();
        Process process = Process.Start(new ProcessStartInfo(Artifacts.Vmm, arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        return new RunningVmm(process);
    }

    /// <summary>Types into the guest's serial port.</summary>
    internal void Type(string text)
    {
        _process.StandardInput.Write(text);
        _process.StandardInput.Flush();
    }

    /// <summary>Types bytes; done when the pipe has taken them all.</summary>
    internal async Task TypeAsync(ReadOnlyMemory<byte> bytes)
    {
        await _process.StandardInput.BaseStream.WriteAsync(bytes);
        await _process.StandardInput.BaseStream.FlushAsync();
    }

    internal Task<string> WaitForOutputAsync(string text) => WaitAsync(Output.WaitForAsync(text, s_limit));

    internal Task<string> WaitForErrorAsync(string text) => WaitAsync(Error.WaitForAsync(text, s_limit));

    /// <summary>Waits for the end of the process and of its output.</summary>
    internal async Task<int> WaitForExitAsync(string phase)
    {
        try
        {
            await _process.WaitForExitAsync().WaitAsync(s_limit);
            await Task.WhenAll(_outputRead, _errorRead).WaitAsync(s_limit);
            return _process.ExitCode;
        }
        catch (TimeoutException)
        {
            Kill();
            throw new PhaseTimeoutException($"{phase}: end of microvm-vmm", s_limit, $"{Output.LastSeen}; {Error.LastSeen}");
        }
    }

    /// <summary>Sends a signal by name, such as TERM.</summary>
    internal void Signal(string name) => _process.Send(name);

    public void Dispose()
    {
        Kill();
        _process.Dispose();
    }

    private async Task<string> WaitAsync(Task<string> wait)
    {
        try
        {
            return await wait;
        }
        catch (PhaseTimeoutException)
        {
            Kill();
            throw;
        }
    }

    private void Kill()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
            _process.WaitForExit();
        }
    }
}
