using System.Text.Json;
using System.Text.Json.Serialization;

namespace MicroVm.Shared.Contracts.Api;

/// <summary>Generated JSON code of the API's types: camelCase names, no reflection.</summary>
[JsonSourceGenerationOptions(JsonSerializerDefaults.Web, DefaultIgnoreCondition = JsonIgnoreCondition.Never)]
[JsonSerializable(typeof(ListView<DeviceView>))]
[JsonSerializable(typeof(ListView<DeploymentView>))]
[JsonSerializable(typeof(ListView<ImageView>))]
[JsonSerializable(typeof(ListView<ApplyResult>))]
[JsonSerializable(typeof(ListView<LogEntryView>))]
[JsonSerializable(typeof(ListView<TelemetryView>))]
[JsonSerializable(typeof(ListView<IdentityView>))]
[JsonSerializable(typeof(ListView<EnrolmentTokenView>))]
[JsonSerializable(typeof(ListView<ApiTokenView>))]
[JsonSerializable(typeof(ListView<AuditView>))]
[JsonSerializable(typeof(ListView<SecretView>))]
[JsonSerializable(typeof(ListView<EventView>))]
[JsonSerializable(typeof(ListView<MetricSeriesView>))]
[JsonSerializable(typeof(ListView<MetricPointView>))]
[JsonSerializable(typeof(DeviceSettingsView))]
[JsonSerializable(typeof(ListView<AgentReleaseView>))]
[JsonSerializable(typeof(ListView<AgentUpdateView>))]
[JsonSerializable(typeof(AgentUpdateAsk))]
[JsonSerializable(typeof(EnrolmentTokenAsk))]
[JsonSerializable(typeof(ApiTokenAsk))]
[JsonSerializable(typeof(BundlePartView))]
[JsonSerializable(typeof(FleetView))]
[JsonSerializable(typeof(CallerView))]
[JsonSerializable(typeof(ProblemView))]
[JsonSerializable(typeof(Dictionary<string, string>))]
[JsonSerializable(typeof(Dictionary<string, IReadOnlyList<VolumeView>>))]
public sealed partial class ApiJsonContext : JsonSerializerContext;
