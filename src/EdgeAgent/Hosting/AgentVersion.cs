using System.Reflection;

namespace MicroVm.EdgeAgent.Hosting;

/// <summary>The agent's version.</summary>
internal static class AgentVersion
{
    /// <summary>As in the assembly's informational version.</summary>
    internal static string Text { get; } =
        typeof(AgentVersion).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "0.0.0";
}
