using Microsoft.Extensions.Logging;
using MicroVm.EdgeAgent.Diagnostics;
using Serilog;
using Serilog.Core;
using Serilog.Events;
using Serilog.Extensions.Logging;

namespace MicroVm.EdgeAgent.Hosting;

/// <summary>Logging to standard error, one line per event.</summary>
internal static class AgentLogging
{
    /// <summary>A factory whose disposal flushes what is buffered.</summary>
    internal static SerilogLoggerFactory CreateFactory(LogLevel level)
    {
        Logger logger = new LoggerConfiguration()
            .MinimumLevel.Is(LevelConvert.ToSerilogLevel(level))
            .WriteTo.Console(new LineFormatter(), standardErrorFromLevel: LogEventLevel.Verbose)
            .CreateLogger();
        return new SerilogLoggerFactory(logger, dispose: true);
    }
}
