// The control for a file in a form: chosen or dropped, it is sent to the API at once, and the form saves what came back.

// NiceGUI serves this file from a folder of its own, from which no relative path leads here.
/* oxlint-disable import/no-absolute-path */
import { bytes } from "/assets/js/dom.js";
import { request } from "/assets/js/http.js";

export default {
  template: `
    <q-file :model-value="modelValue" :accept="accept" :max-file-size="maxSize" :loading="sending" :readonly="readonly || sending"
        :class="{ dropping }" @dragover="dropping = true" @dragleave="dropping = false" @drop="dropping = false"
        :error="Boolean(problem || error)" :error-message="problem || errorMessage" stack-label @update:model-value="take" @rejected="refuse">
      <template #file="{ file }">
        <img v-if="preview(file)" :src="preview(file)" :alt="file.name" class="file-thumb">
        <span class="file-shown">
          <a v-if="file.url" :href="file.url" target="_blank" rel="noopener" @click.stop>{{ file.name }}</a>
          <span v-else>{{ file.name }}</span>
          <small class="muted">{{ size(file.size) }}</small>
        </span>
      </template>
      <template v-if="!readonly" #append>
        <q-icon v-if="!modelValue" name="upload_file" title="Choose a file, or drop it here" />
        <q-btn v-else flat round dense size="sm" icon="close" :aria-label="'Remove ' + modelValue.name"
          @click.stop.prevent="take(null)" />
      </template>
    </q-file>`,
  props: {
    modelValue: Object,
    address: String,
    accept: String,
    maxSize: Number,
    readonly: Boolean,
    error: Boolean,
    errorMessage: String,
  },
  emits: ["update:model-value", "sending"],
  data: () => ({ sending: false, problem: "", dropping: false, local: null }),
  methods: {
    size: bytes,
    preview({ type, sha256, url }) {
      if (!type?.startsWith("image/") || type.includes("svg")) return "";
      if (this.local?.sha256 === sha256) return this.local.url;
      return url?.startsWith("/api/") ? url : "";
    },
    refuse() {
      const kinds = this.accept ? ` of type ${this.accept.replaceAll(",", " or ")}` : "";
      this.problem = `must be a file${kinds} with at most ${bytes(this.maxSize)}`;
    },
    async take(file) {
      this.problem = "";
      if (!file) {
        this.$emit("update:model-value", null);
        return;
      }
      this.report(true);
      try {
        const headers = { "Content-Type": file.type || "application/octet-stream" };
        const query = new URLSearchParams({ name: file.name });
        const value = await request(`${this.address}?${query}`, { method: "POST", file, headers });
        this.local = { sha256: value.sha256, url: URL.createObjectURL(file) };
        this.$emit("update:model-value", value);
      } catch (error) {
        this.problem = error.message;
      } finally {
        this.report(false);
      }
    },
    report(sending) {
      this.sending = sending;
      this.$emit("sending", sending);
    },
  },
};
