using System.ComponentModel;
using System.Diagnostics;

namespace MicroVm.ControlPlane.Host.Images.Tools;

/// <summary>A program of the system that the import pipes through. Disposing kills one that still runs.</summary>
internal sealed class ToolProcess : IDisposable
{
    private const int KeptErrorCharacters = 4096;

    private readonly Process _process;
    private readonly string _name;
    private readonly Task<string> _errors;

    private ToolProcess(Process process, string name)
    {
        _process = process;
        _name = name;
        _errors = ReadErrorsAsync(process.StandardError);
    }

    /// <summary>Its standard input.</summary>
    public Stream Input => _process.StandardInput.BaseStream;

    /// <summary>Its standard output.</summary>
    public Stream Output => _process.StandardOutput.BaseStream;

    /// <summary>Starts a program.</summary>
    /// <param name="name">Name or path of the program.</param>
    /// <param name="package">Debian package that has it.</param>
    /// <param name="arguments">Arguments.</param>
    /// <param name="environment">Variables beside the inherited ones.</param>
    /// <exception cref="ImageImportException">There is no such program.</exception>
    public static ToolProcess Start(string name, string package, IEnumerable<string> arguments, params ReadOnlySpan<(string Name, string Value)> environment)
    {
        ProcessStartInfo start = new(name, arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        };
        start.Environment["LC_ALL"] = "C";
        foreach ((string variable, string value) in environment)
        {
            start.Environment[variable] = value;
        }

        try
        {
            return new ToolProcess(Process.Start(start)!, name);
        }
        catch (Win32Exception e)
        {
            throw new ImageImportException(
                ImageFault.Server, $"{name}: expected the program on the control plane (package {package}), found none: {e.Message}", e);
        }
    }

    /// <summary>Waits for the end after the pipes were closed or read to their end.</summary>
    /// <param name="thing">What was being done, for errors.</param>
    /// <param name="fault">Whose fault a failure is.</param>
    /// <param name="cancellation">Cancels the wait.</param>
    /// <exception cref="ImageImportException">It ended with another code than 0.</exception>
    public async Task FinishAsync(string thing, ImageFault fault, CancellationToken cancellation)
    {
        string errors = await _errors.WaitAsync(cancellation);
        await _process.WaitForExitAsync(cancellation);
        if (_process.ExitCode != 0)
        {
            string line = errors.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).FirstOrDefault("no message");
            throw new ImageImportException(fault, $"{thing}: {_name} ended with code {_process.ExitCode}: {line}");
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
            _process.WaitForExit();
        }

        _process.Dispose();
    }

    private static async Task<string> ReadErrorsAsync(StreamReader errors)
    {
        // Read to the end, so that the program never blocks on a full pipe, and keep only the beginning.
        char[] buffer = new char[1024];
        System.Text.StringBuilder kept = new();
        int count;
        while ((count = await errors.ReadAsync(buffer)) > 0)
        {
            kept.Append(buffer, 0, Math.Min(count, Math.Max(0, KeptErrorCharacters - kept.Length)));
        }

        return kept.ToString();
    }
}
