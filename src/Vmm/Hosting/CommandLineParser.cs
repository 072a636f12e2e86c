using System.Globalization;
using MicroVm.Vmm.Control.Http;
using MicroVm.Vmm.Diagnostics;

namespace MicroVm.Vmm.Hosting;

/// <summary>Parses the command line; every flag is Firecracker's.</summary>
internal static class CommandLineParser
{
    internal const string Usage = """
        usage: microvm-vmm (--config-file FILE | --api-sock SOCKET) [options]
          --config-file FILE   start the VM that this JSON file describes
          --api-sock SOCKET    serve the API on this Unix socket
          --no-api             serve no API; needs --config-file
          --id ID              name of the VM, 1 to 64 of [A-Za-z0-9-]
          --log-path FILE      append the log to this file instead of standard error
          --level LEVEL        Off, Error, Warn, Info, Debug or Trace
          --show-level         put the level into each log line
          --show-log-origin    put the place in the program into each log line
          --metrics-path FILE  append metrics to this file, a JSON line a minute
          --boot-timer         give the guest a boot timer at 0xc0000000
          --start-time-us N    microseconds on the monotonic clock that the boot timer counts from
          --start-time-cpu-us N  microseconds of processor time that it leaves out
          --http-api-max-payload-size N  longest body of an API request in bytes, 51200 by default
          --metadata FILE      give the guest the metadata in this JSON file
          --mmds-size-limit N  most bytes of metadata; by default those of a request body
          --no-seccomp         let the process make any system call
          --seccomp-filter DIR  filters instead of the built-in ones: DIR/vmm.bpf and DIR/vcpu.bpf
          --version            print the version
          --help               print this

        """;

    private const int MaxIdLength = 64;

    /// <exception cref="VmmFaultException">A flag is unknown, lacks its value, or contradicts another.</exception>
    internal static CommandLineOptions Parse(ReadOnlySpan<string> arguments)
    {
        CommandLineOptions options = new();
        for (int i = 0; i < arguments.Length; i++)
        {
            (string flag, string? attached) = Split(arguments[i]);
            options = flag switch
            {
                "--no-api" => options with { NoApi = true },
                "--show-level" => options with { ShowLevel = true },
                "--show-log-origin" => options with { ShowLogOrigin = true },
                "--boot-timer" => options with { BootTimer = true },
                "--no-seccomp" => options with { NoSeccomp = true },
                "--version" => options with { Version = true },
                "--help" => options with { Help = true },
                _ => WithValue(options, flag, attached ?? Next(arguments, ref i, flag)),
            };
        }

        return options.Version || options.Help ? options : Checked(options);
    }

    private static CommandLineOptions WithValue(CommandLineOptions options, string flag, string value) => flag switch
    {
        "--config-file" => options with { ConfigFile = value },
        "--api-sock" => options with { ApiSocket = value },
        "--id" => options with { Id = CheckedId(value) },
        "--log-path" => options with { LogPath = value },
        "--level" => options with { Level = ParseLevel(value) },
        "--metrics-path" => options with { MetricsPath = value },
        "--start-time-us" => options with { StartTimeMicroseconds = ParseNumber(flag, value, ulong.MaxValue) },
        "--start-time-cpu-us" => options with { StartTimeCpuMicroseconds = ParseNumber(flag, value, ulong.MaxValue) },
        "--http-api-max-payload-size" =>
            options with { MaxPayloadBytes = (int)ParseNumber(flag, value, HttpLimits.MostMaxBodyBytes) },
        "--seccomp-filter" => options with { SeccompFilter = value },
        "--metadata" => options with { MetadataFile = value },
        "--mmds-size-limit" => options with { MmdsSizeLimit = (int)ParseNumber(flag, value, HttpLimits.MostMaxBodyBytes) },
        _ => throw Bad($"unknown argument {flag}; see --help"),
    };

    private static (string Flag, string? Value) Split(string argument)
    {
        int equals = argument.IndexOf('=');
        return equals > 0 && argument.StartsWith("--", StringComparison.Ordinal)
            ? (argument[..equals], argument[(equals + 1)..])
            : (argument, null);
    }

    private static string Next(ReadOnlySpan<string> arguments, ref int index, string flag)
    {
        bool isKnown = flag is "--config-file" or "--api-sock" or "--id" or "--log-path" or "--level" or "--seccomp-filter" or "--metadata" or "--metrics-path"
            or "--start-time-us" or "--start-time-cpu-us" or "--http-api-max-payload-size" or "--mmds-size-limit";
        if (!isKnown)
        {
            throw Bad($"unknown argument {flag}; see --help");
        }

        return ++index < arguments.Length ? arguments[index] : throw Bad($"{flag}: expected a value, found the end of the command line");
    }

    private static CommandLineOptions Checked(CommandLineOptions options)
    {
        if (options.NoApi && options.ApiSocket is not null)
        {
            throw Bad("--no-api and --api-sock exclude each other");
        }

        if (options.NoSeccomp && options.SeccompFilter is not null)
        {
            throw Bad("--no-seccomp and --seccomp-filter exclude each other");
        }

        return options.ConfigFile is null && options.ApiSocket is null
            ? throw Bad("expected --config-file or --api-sock, found neither")
            : options;
    }

    private static string CheckedId(string id)
    {
        bool valid = id.Length is > 0 and <= MaxIdLength;
        foreach (char letter in id)
        {
            valid &= char.IsAsciiLetterOrDigit(letter) || letter == '-';
        }

        return valid ? id : throw Bad($"--id: expected 1 to {MaxIdLength} of [A-Za-z0-9-], found '{id}'");
    }

    private static ulong ParseNumber(string flag, string value, ulong most) =>
        ulong.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out ulong number) && number <= most
            ? number
            : throw Bad($"{flag}: expected a whole number up to {most}, found '{value}'");

    private static LogLevel ParseLevel(string value) => value.ToUpperInvariant() switch
    {
        "OFF" => LogLevel.Off,
        "ERROR" => LogLevel.Error,
        "WARN" or "WARNING" => LogLevel.Warning,
        "INFO" => LogLevel.Info,
        "DEBUG" => LogLevel.Debug,
        "TRACE" => LogLevel.Trace,
        _ => throw Bad($"--level: expected Off, Error, Warn, Info, Debug or Trace, found '{value}'"),
    };

    private static VmmFaultException Bad(string message) => new(ExitCode.BadArguments, message);
}
