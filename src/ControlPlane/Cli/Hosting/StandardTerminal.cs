using System.Text;
using MicroVm.Shared.Sessions;
using Microsoft.Win32.SafeHandles;
using MicroVm.ControlPlane.Cli.Output;

namespace MicroVm.ControlPlane.Cli.Hosting;

/// <summary>The process's own streams.</summary>
internal static class StandardTerminal
{
    private const int StandardOutput = 1, DefaultWidth = 80;

    /// <summary>
    /// Opens the streams. Output is coloured on a terminal unless <c>NO_COLOR</c> is set (no-color.org) or <c>TERM</c> is
    /// <c>dumb</c>.
    /// </summary>
    public static Terminal Open(Func<string, string?> environment)
    {
        bool interactive = !Console.IsOutputRedirected && environment("TERM") is not (null or "" or "dumb");
        Stream output = OpenOutput();
        return new Terminal(
            Console.OpenStandardInput(),
            new StreamWriter(output, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false)) { AutoFlush = true },
            Console.Error)
        {
            RawIn = TerminalDevice.OpenInput(),
            RawOut = output,
            RawError = Console.OpenStandardError(),
            Device = TerminalDevice.OfInput(),
            Type = environment("TERM") ?? "",
            IsInteractive = interactive,
            IsColoured = interactive && string.IsNullOrEmpty(environment("NO_COLOR")),
            Width = interactive && Console.WindowWidth > 0 ? Console.WindowWidth : DefaultWidth,
        };
    }

    private static Stream OpenOutput()
    {
        // Console's own stream is silent about a closed pipe; a FileStream throws, so that 'mvm logs -f | head' ends. But on
        // a file it would write at an offset of its own, over what other programs append.
        FileStream output = new(new SafeFileHandle(StandardOutput, ownsHandle: false), FileAccess.Write, bufferSize: 0);
        return output.CanSeek ? Console.OpenStandardOutput() : output;
    }
}
